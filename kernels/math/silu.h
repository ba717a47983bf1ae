// SiLU (x·sigmoid(x), "swish"; Elfwing et al. 2017, arXiv:1702.03118).
#pragma once
#include "exp.h"

namespace nt {

// y / (1 + e^-x) of an x that is a number. On a GPU by the special function units' powers of two and reciprocals, which
// are 2 + 1.2·|x| ulp off, in a third of the instructions: batch norm's passes would otherwise wait for the arithmetic.
template <class F>
NT_HD inline F times_sigmoid(F y, F x) {
#ifdef __CUDA_ARCH__
    return __fdividef(y, 1.f + __expf(-x));
#else
    return y / (1.f + exp_number(-x));
#endif
}

// The factor x brings NaN back.
template <class F>
NT_HD inline F silu(F x) { return times_sigmoid(x, x); }

// d silu / dx = s + x·s·(1 - s), s = sigmoid(x)
template <class F>
NT_HD inline F silu_derivative(F x) {
    const F s = times_sigmoid(F{} + 1.f, x);
    return s + x * s * (1.f - s);
}

}  // namespace nt
