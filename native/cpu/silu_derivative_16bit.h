// d silu / dx of a vector, for results that are stored in 16 bits: a table of cubics instead of e^x and a division.
//
// Around the 32 multiples of 0.75 from -12 to 11.25 the derivative s + x·s·(1 - s), s = sigmoid(x), is a polynomial of degree 3
// through its values at the four Chebyshev nodes of the interval; farther out, x is taken for ±11.6. Error: under 1e-4 (half the
// last place of a bfloat16 near 1 is 2e-3, of a half 2.4e-4). Adding 1.5·2^23 to x / 0.75 rounds it, and leaves the multiple's number
// in the low bits, five of which AVX-512's permutations take as a place in two registers.
#pragma once
#include "silu.h"
#include "simd.h"

#include <cmath>

namespace nt {

#if defined(__AVX512BW__) && defined(__AVX512DQ__)
// Coefficients of the cubics, in powers of x, the multiple's number modulo 32 being the place.
struct SiluDerivativeTable {
    static constexpr int degree = 3, segments = 32;
    static constexpr float width = 0.75f, most = 11.6f;

    alignas(64) float power[degree + 1][segments];

    SiluDerivativeTable() {
        for (int k = -segments / 2; k < segments / 2; k++) {
            double node[degree + 1], divided[degree + 1], c[degree + 1] = {};
            for (int i = 0; i <= degree; i++) {
                node[i] = width * (k + 0.5 * std::cos(M_PI * (2 * i + 1) / (2 * (degree + 1))));
                divided[i] = silu_derivative(node[i]);
            }
            // Newton's divided differences, then his polynomial by Horner's rule.
            for (int order = 1; order <= degree; order++)
                for (int i = degree; i >= order; i--) divided[i] = (divided[i] - divided[i - 1]) / (node[i] - node[i - order]);
            for (int i = degree; i >= 0; i--) {
                for (int j = degree; j > 0; j--) c[j] = c[j - 1] - node[i] * c[j];
                c[0] = divided[i] - node[i] * c[0];
            }
            for (int j = 0; j <= degree; j++) power[j][k & (segments - 1)] = static_cast<float>(c[j]);
        }
    }
};
inline const SiluDerivativeTable silu_derivative_table;

inline Vector silu_derivative_16bit(Vector x) {
    constexpr float width = SiluDerivativeTable::width, most = SiluDerivativeTable::most;
    // The order of the arguments lets NaN through.
    const Vector u = _mm512_maskz_max_ps(0xffff, _mm512_set1_ps(-most), _mm512_maskz_min_ps(0xffff, _mm512_set1_ps(most), x));
    const auto place = (__m512i)(u * (1 / width) + 12582912.f);
    const auto coefficient = [place](int i) -> Vector {
        const float* row = silu_derivative_table.power[i];
        return _mm512_permutex2var_ps(_mm512_load_ps(row), place, _mm512_load_ps(row + 16));
    };
    Vector p = coefficient(3);
    p = p * u + coefficient(2);
    p = p * u + coefficient(1);
    return p * u + coefficient(0);
}
#else
inline Vector silu_derivative_16bit(Vector x) { return silu_derivative(x); }
#endif

}  // namespace nt
