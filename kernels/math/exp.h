// e^x in float, without branches, so that a compiler vectorises loops that call it.
//
// Range reduction as in Cephes' expf (S. Moshier, netlib.org/cephes/single.tgz):
//   n = round(x / ln 2), r = x - n·ln 2, |r| <= ln 2 / 2; e^x = 2^n·e^r
//   e^r = 1 + r + r²·P(r), P of degree 4, fitted by Remez' exchange for the smallest relative error, 3e-9
// The float nearest to ln 2 is only 1.9e-9 off, and a fused multiply-add rounds once, so r needs no ln 2 in two parts.
// Rounding to an integer adds 1.5·2^23 + 127: the low bits of the sum's mantissa are then n + 127, which is the
// exponent field of 2^n.
//
// Error (with fused multiply-adds) under 0.8 ulp for |x| <= 1, 1.4 ulp for |x| <= 20 and 4.5 ulp for |x| <= 87.3. Outside, x
// is clamped: the result is at least e^-87.3 = 1.2e-38 (the smallest normal float) and at most e^87.3 = 8.2e37, never 0 or
// infinity.
#pragma once
#include "hd.h"
#ifndef __CUDACC_RTC__
#include <cmath>
#endif

namespace nt {

// The integers of a float's size. F below is a float or, for the CPU's kernels, a vector of floats (native/cpu/simd.h
// names its integers), of which every lane goes through the same formula.
template <class F>
struct BitsOf;
template <>
struct BitsOf<float> {
    typedef int Signed;
    typedef unsigned Unsigned;
};

template <class F>
NT_HD inline typename BitsOf<F>::Unsigned float_bits(F x) {
#ifdef __CUDA_ARCH__
    return __float_as_uint(x);
#else
    return __builtin_bit_cast(typename BitsOf<F>::Unsigned, x);
#endif
}

template <class F = float>
NT_HD inline F bits_float(typename BitsOf<F>::Unsigned x) {
#ifdef __CUDA_ARCH__
    return __uint_as_float(x);
#else
    return __builtin_bit_cast(F, x);
#endif
}

template <class T>
NT_HD inline T lesser(T a, T b) {
    return a < b ? a : b;
}

// For x that is a number; NaN gives some number too.
template <class F>
NT_HD inline F exp_number(F x) {
    typedef typename BitsOf<F>::Signed Signed;
    typedef typename BitsOf<F>::Unsigned Unsigned;
    constexpr unsigned limit = 0x42ae999a, minus = 0x80000000;  // the bits of 87.3f and of the sign
    constexpr float log2_e = 1.44269504088896341f;
    constexpr float ln2 = 0.69314718056f;
    constexpr float to_exponent = 12582912.f + 127.f;

    // Floats of one sign order like their bits: the signed minimum clamps positive x, the unsigned one negative
    // x. Comparing floats instead lets the compiler give clamped values a path of their own, which a vectorised
    // loop pays for in every lane.
    const Signed high = lesser((Signed)float_bits(x), Signed{} + static_cast<int>(limit));
    x = bits_float<F>(lesser((Unsigned)high, Unsigned{} + (limit | minus)));
    const F shifted = x * log2_e + to_exponent;
    const F n = shifted - to_exponent;
    const F r = x - n * ln2;
    F p = 1.3814598564e-3f * r + 8.3687168785e-3f;
    p = p * r + 4.1668388047e-2f;
    p = p * r + 1.6666520632e-1f;
    p = p * r + 4.9999993448e-1f;
    p = p * r + 1.f;
    p = p * r + 1.f;
    return p * bits_float<F>(float_bits(shifted) << 23);
}

// For any x; NaN gives NaN.
NT_HD inline float exp(float x) {
    const unsigned nan_mask = 0u - static_cast<unsigned>(x != x);  // all ones where x is NaN
    return bits_float(float_bits(exp_number(x)) | nan_mask);
}

// For formulas written once for both precisions.
NT_HD inline double exp(double x) { return ::exp(x); }
NT_HD inline double exp_number(double x) { return ::exp(x); }

}  // namespace nt
