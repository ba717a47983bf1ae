// Conversions between float and the 16-bit types. The formulas stand in kernels/math/half.h and bf16.h; where the
// processor has the conversion as an instruction (F16C), that is used.
#include "element.h"
#include "bf16.h"
#include "half.h"
#include "nativetrain.h"

#include <cstring>
#include <stdexcept>
#include <string>
#ifdef __F16C__
#include <immintrin.h>
#endif

namespace nt {
namespace {

void widen_half(const uint16_t* from, int64_t count, float* to) {
    int64_t i = 0;
#ifdef __F16C__
    for (; i + 8 <= count; i += 8) _mm256_storeu_ps(to + i, _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(from + i))));
#endif
    for (; i < count; i++) to[i] = half_to_float(from[i]);
}

void narrow_half(const float* from, int64_t count, uint16_t* to) {
    int64_t i = 0;
#ifdef __F16C__
    for (; i + 8 <= count; i += 8)
        _mm_storeu_si128(reinterpret_cast<__m128i*>(to + i), _mm256_cvtps_ph(_mm256_loadu_ps(from + i), _MM_FROUND_TO_NEAREST_INT));
#endif
    for (; i < count; i++) to[i] = float_to_half(from[i]);
}

void widen_bf16(const uint16_t* from, int64_t count, float* to) {
#pragma omp simd
    for (int64_t i = 0; i < count; i++) to[i] = bf16_to_float(from[i]);
}

void narrow_bf16(const float* from, int64_t count, uint16_t* to) {
#pragma omp simd
    for (int64_t i = 0; i < count; i++) to[i] = float_to_bf16(from[i]);
}

}  // namespace

Type type_of(int type) {
    if (type < 0 || type > 2) throw std::invalid_argument("a map is F32, F16 or BF16, not type " + std::to_string(type));
    return static_cast<Type>(type);
}

void widen(Type type, const void* from, int64_t count, float* to) {
    if (type == Type::f32) std::memcpy(to, from, count * sizeof(float));
    if (type == Type::f16) widen_half(static_cast<const uint16_t*>(from), count, to);
    if (type == Type::bf16) widen_bf16(static_cast<const uint16_t*>(from), count, to);
}

void narrow(Type type, const float* from, int64_t count, void* to) {
    if (type == Type::f32) std::memcpy(to, from, count * sizeof(float));
    if (type == Type::f16) narrow_half(from, count, static_cast<uint16_t*>(to));
    if (type == Type::bf16) narrow_bf16(from, count, static_cast<uint16_t*>(to));
}

}  // namespace nt
