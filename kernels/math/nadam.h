// NAdam: Adam with Nesterov momentum (Dozat 2016), one element, as torch.optim.NAdam 1.13:
//   g += weight_decay·p;  denominator = sqrt(v/(1 - beta2^t)) + eps
//   p -= lr·(1 - mu_t)/(1 - Π mu)·g/denominator + lr·mu_(t+1)/(1 - Π mu·mu_t·mu_(t+1))·m/denominator
// where mu_t = beta1·(1 - 0.96^(0.004 t)/2) and the products run to step t. Dozat's second divisor, and later
// torch's, has no second mu_t; we keep to the reference's numbers (the difference is 1e-2·lr in the first step).
#pragma once
#include "moments.h"

namespace nt {

struct NAdam {
    float beta1, beta2, eps, l2;
    float g_size;     // lr·(1 - mu_t)/(1 - Π mu)
    float m_size;     // lr·mu_(t+1)/(1 - Π mu·mu_t·mu_(t+1))
    float inv_bias2;  // 1 / (1 - beta2^t)
};

NT_HD inline void nadam(const NAdam& s, float g, float& p, float& m, float& v) {
    g += s.l2 * p;
    update_moments(s.beta1, s.beta2, g, m, v);
    p -= (s.g_size * g + s.m_size * m) / (square_root(v * s.inv_bias2) + s.eps);
}

}  // namespace nt
