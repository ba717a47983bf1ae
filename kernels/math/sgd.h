// Stochastic gradient descent with (Nesterov) momentum, one element, as torch.optim.SGD defines it:
//   g += weight_decay·p;  buffer = momentum·buffer + g, from zero;  p -= lr·(nesterov ? g + momentum·buffer : buffer)
#pragma once
#include "hd.h"

namespace nt {

struct Sgd {
    float lr, momentum, weight_decay;
    bool nesterov;
};

NT_HD inline void sgd(const Sgd& s, float g, float& p, float& buffer) {
    g += s.weight_decay * p;
    buffer = s.momentum * buffer + g;
    p -= s.lr * (s.nesterov ? g + s.momentum * buffer : buffer);
}

// Without momentum there is no buffer.
NT_HD inline void sgd_plain(const Sgd& s, float g, float& p) { p -= s.lr * (g + s.weight_decay * p); }

}  // namespace nt
