// SiLU (x·sigmoid(x), "swish"; Elfwing et al. 2017, arXiv:1702.03118).
#pragma once
#include "exp.h"

namespace nt {

// y / (1 + e^-x) of an x that is a number. On a GPU by the special function units' powers of two and reciprocals, which
// are 2 + 1.2·|x| ulp off, in a third of the instructions: batch norm's passes would otherwise wait for the arithmetic.
NT_HD inline float times_sigmoid(float y, float x) {
#ifdef __CUDA_ARCH__
    return __fdividef(y, 1.f + __expf(-x));
#else
    return y / (1.f + exp_number(-x));
#endif
}

// The factor x brings NaN back.
NT_HD inline float silu(float x) { return times_sigmoid(x, x); }

// d silu / dx = s + x·s·(1 - s), s = sigmoid(x)
NT_HD inline float silu_derivative(float x) {
    const float s = times_sigmoid(1.f, x);
    return s + x * s * (1.f - s);
}

}  // namespace nt
