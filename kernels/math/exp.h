// eˣ as a plain inline function, so that loops over it vectorise on the CPU.
#pragma once
#include "hd.h"
#ifndef __CUDACC_RTC__
#include <bit>
#include <cmath>
#include <cstdint>
#endif

namespace nt {
// eˣ = 2ⁿ·eʳ with n = round(x / ln 2) and |r| ≤ ln 2 / 2. The power of two is written into the exponent bits,
// eʳ is a polynomial of degree 6 (coefficients of Moshier's Cephes library); ln 2 is subtracted in two parts so
// that r keeps its digits. Relative error below 2·2⁻²⁴. Below x = −87.3 the result stays at 1.2e-38, above
// 88.3 it is infinite; NaN stays NaN.
NT_HD inline float exp(float x) {
#ifdef __CUDA_ARCH__
    return ::expf(x);
#else
    x = x < -87.3f ? -87.3f : x;
    x = x > 89.0f ? 89.0f : x;
    const float n = std::floor(x * 1.44269504088896341f + 0.5f);
    float r = x - n * 0.693359375f;
    r = r + n * 2.12194440e-4f;
    float p = 1.9875691500e-4f;
    p = p * r + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    p = p * r * r + r + 1.0f;
    return p * std::bit_cast<float>((static_cast<int32_t>(n) + 127) << 23);
#endif
}

NT_HD inline double exp(double x) { return ::exp(x); }
}  // namespace nt
