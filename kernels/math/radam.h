// RAdam: Adam with its early variance rectified (Liu et al. 2020, arXiv:1908.03265), one element, as
// torch.optim.RAdam:
//   g += weight_decay·p
//   rectified (rho_t > 5):  p -= lr·r_t·sqrt(1 - beta2^t)/(1 - beta1^t) · m/(sqrt(v) + eps)
//   otherwise:              p -= lr/(1 - beta1^t) · m
// with rho_inf = 2/(1 - beta2) - 1, rho_t = rho_inf - 2·t·beta2^t/(1 - beta2^t) and
// r_t = sqrt((rho_t - 4)(rho_t - 2)·rho_inf / ((rho_inf - 4)(rho_inf - 2)·rho_t)).
#pragma once
#include "moments.h"

namespace nt {

struct RAdam {
    float beta1, beta2, eps, l2;
    bool rectified;
    float step_size;  // all that stands before m above
};

NT_HD inline void radam(const RAdam& s, float g, float& p, float& m, float& v) {
    g += s.l2 * p;
    update_moments(s.beta1, s.beta2, g, m, v);
    p -= s.step_size * m / (s.rectified ? square_root(v) + s.eps : 1.f);
}

}  // namespace nt
