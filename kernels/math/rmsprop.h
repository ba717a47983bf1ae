// RMSProp (Tieleman & Hinton 2012) with momentum, one element, as torch.optim.RMSprop:
//   g += weight_decay·p;  square = alpha·square + (1 - alpha)·g²
//   buffer = momentum·buffer + g/(sqrt(square) + eps);  p -= lr·buffer
#pragma once
#include "functions.h"

namespace nt {

struct RmsProp {
    float lr, alpha, eps, momentum, l2;
};

// The gradient over the root of its running mean square.
NT_HD inline float rmsprop_direction(const RmsProp& s, float g, float p, float& square) {
    g += s.l2 * p;
    square = s.alpha * square + (1.f - s.alpha) * g * g;
    return g / (square_root(square) + s.eps);
}

NT_HD inline void rmsprop(const RmsProp& s, float g, float& p, float& square, float& buffer) {
    buffer = s.momentum * buffer + rmsprop_direction(s, g, p, square);
    p -= s.lr * buffer;
}

// Without momentum there is no buffer.
NT_HD inline void rmsprop_plain(const RmsProp& s, float g, float& p, float& square) {
    p -= s.lr * rmsprop_direction(s, g, p, square);
}

}  // namespace nt
