// Adam (arXiv:1412.6980) and AdamW (decoupled weight decay, arXiv:1711.05101), one element, as torch.optim:
//   Adam: g += weight_decay·p;  AdamW: p *= 1 - lr·weight_decay;  then
//   p -= lr/(1 - beta1^t) · m / (sqrt(v)/sqrt(1 - beta2^t) + eps)
#pragma once
#include "moments.h"

namespace nt {

struct Adam {
    float beta1, beta2, eps;
    float l2;              // weight decay as part of the gradient (Adam)
    float shrink;          // 1 - lr·weight_decay (AdamW), 1 otherwise
    float step_size;       // lr / (1 - beta1^t)
    float inv_sqrt_bias2;  // 1 / sqrt(1 - beta2^t)
};

NT_HD inline void adam(const Adam& s, float g, float& p, float& m, float& v) {
    g += s.l2 * p;
    p *= s.shrink;
    update_moments(s.beta1, s.beta2, g, m, v);
    p -= s.step_size * m / (square_root(v) * s.inv_sqrt_bias2 + s.eps);
}

}  // namespace nt
