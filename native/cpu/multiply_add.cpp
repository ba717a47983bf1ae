// x = x·a + b, many times over in registers: what the arithmetic units can do when memory does not hold them up.
// Of 16-bit factors x += a·b: AVX512_BF16 has an instruction that adds two products of bfloat16 to each of 16 floats.
#include "element.h"
#include "nativetrain.h"
#include "parallel.h"
#include "simd.h"
#include "status.h"

#include <stdexcept>

namespace {

using nt::lanes, nt::Vector;

// Chains that do not wait for each other: a multiply-add takes 4 or 5 cycles and two can begin in each.
constexpr int chains = 10;
constexpr int64_t group = chains * lanes;

void run(float* x, int rounds) {
    Vector v[chains];
    __builtin_memcpy(v, x, sizeof v);
    for (int round = 0; round < rounds; round++)
        for (int i = 0; i < chains; i++) v[i] = v[i] * 0.999f + 0.001f;
    __builtin_memcpy(x, v, sizeof v);
}

constexpr float step = 0x1p-12f;

void run_products(float* x, int rounds) {
#ifdef __AVX512BF16__
    const __m512bh factor = (__m512bh)_mm512_set1_epi16(0x3980), one = (__m512bh)_mm512_set1_epi16(0x3f80);  // 2^-12 and 1 in bfloat16
    __m512 v[chains];
    __builtin_memcpy(v, x, sizeof v);
    for (int round = 0; round < rounds; round += 2)
        for (int i = 0; i < chains; i++) v[i] = _mm512_dpbf16_ps(v[i], factor, one);
    __builtin_memcpy(x, v, sizeof v);
#else
    for (int64_t i = 0; i < group; i++)
        for (int round = 0; round < rounds; round++) x[i] += step;
#endif
}

}  // namespace

int nt_multiply_add(int type, float* x, int64_t n, int rounds) {
    return nt::guarded("nt_multiply_add", [&] {
        const bool products = nt::type_of(type) != nt::Type::f32;
        if (products && rounds % 16) throw std::invalid_argument("rounds of 16-bit products come by 16");
        nt::parallel_for(n / group, [&](int64_t i) { (products ? run_products : run)(x + i * group, rounds); });
        for (int64_t i = n / group * group; i < n; i++)
            for (int round = 0; round < rounds; round++) x[i] = products ? x[i] + step : x[i] * 0.999f + 0.001f;
    });
}
