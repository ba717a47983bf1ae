// SiLU (x·sigmoid(x), "swish"; Elfwing et al. 2017, arXiv:1702.03118).
#pragma once
#include "exp.h"

namespace nt {

// The factor x brings NaN back.
NT_HD inline float silu(float x) { return x / (1.f + exp_number(-x)); }

// d silu / dx = s + x·s·(1 - s), s = sigmoid(x)
NT_HD inline float silu_derivative(float x) {
    const float s = 1.f / (1.f + exp_number(-x));
    return s + x * s * (1.f - s);
}

}  // namespace nt
