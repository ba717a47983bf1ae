// Numbers by the register: a Vector holds as many floats as the processor's registers do, and `load` and `store` carry it
// from and to maps of every type. Arithmetic is written with the ordinary signs; the formulas of kernels/math take a Vector
// as they take a float. What a lane computes does not depend on the number of lanes.
#pragma once
#include "element.h"
#include "exp.h"
#include "half.h"

#include <cstring>
#include <type_traits>
#if defined(__F16C__) || defined(__AVX512F__)
#include <immintrin.h>
#endif

namespace nt {

#ifdef __AVX512BW__
constexpr int lanes = 16;
#else
constexpr int lanes = 8;
#endif
typedef float Vector __attribute__((vector_size(4 * lanes)));
typedef uint16_t Halves __attribute__((vector_size(2 * lanes)));

template <>
struct BitsOf<Vector> {
    typedef int Signed __attribute__((vector_size(4 * lanes)));
    typedef unsigned Unsigned __attribute__((vector_size(4 * lanes)));
};

// How an element of a map lies in memory.
template <Type type>
using Element = std::conditional_t<type == Type::f32, float, uint16_t>;

// body(std::integral_constant<Type, type>{}): a body for each type, compiled apart.
template <class Body>
auto with_type(Type type, Body&& body) {
    if (type == Type::f32) return body(std::integral_constant<Type, Type::f32>{});
    if (type == Type::f16) return body(std::integral_constant<Type, Type::f16>{});
    return body(std::integral_constant<Type, Type::bf16>{});
}

// Which lanes of a vector are meant: all of them, or the first few. Lanes that are not meant are read as 0 and not written.
struct All {};
struct First {
    int64_t count;
};

// Calls body(i, part) for the vectors of n numbers; the last one may be a part.
template <class Body>
inline __attribute__((always_inline)) void each_vector(int64_t n, Body&& body) {
    int64_t i = 0;
    for (; i + lanes <= n; i += lanes) body(i, All{});
    if (i < n) body(i, First{n - i});
}

template <class V, class T>
inline V load_bits(const T* p, All) {
    V v;
    __builtin_memcpy(&v, p, sizeof v);
    return v;
}

template <class V, class T>
inline V load_bits(const T* p, First part) {
#ifdef __AVX512BW__
    const auto mask = static_cast<__mmask16>((1u << part.count) - 1);
    if constexpr (sizeof(T) == 4) return (V)_mm512_maskz_loadu_ps(mask, p);
    else return (V)_mm256_maskz_loadu_epi16(mask, p);
#else
    V v{};
    std::memcpy(&v, p, part.count * sizeof(T));
    return v;
#endif
}

template <class V, class T>
inline void store_bits(T* p, V v, All) {
    __builtin_memcpy(p, &v, sizeof v);
}

template <class V, class T>
inline void store_bits(T* p, V v, First part) {
#ifdef __AVX512BW__
    const auto mask = static_cast<__mmask16>((1u << part.count) - 1);
    if constexpr (sizeof(T) == 4) _mm512_mask_storeu_ps(p, mask, (__m512)v);
    else _mm256_mask_storeu_epi16(p, mask, (__m256i)v);
#else
    std::memcpy(p, &v, part.count * sizeof(T));
#endif
}

inline Vector widen_bf16(Halves bits) {
#if defined(__AVX512BW__)
    const auto wide = (BitsOf<Vector>::Unsigned)_mm512_maskz_cvtepu16_epi32(0xffff, (__m256i)bits);
#elif defined(__AVX2__)
    const auto wide = (BitsOf<Vector>::Unsigned)_mm256_cvtepu16_epi32((__m128i)bits);
#else
    const auto wide = __builtin_convertvector(bits, BitsOf<Vector>::Unsigned);
#endif
    return bits_float<Vector>(wide << 16);
}

#ifdef __AVX512BF16__
// The lanes whose numbers are below the normal ones (VFPCLASSPS's class of denormals).
inline __mmask16 subnormals(Vector v) { return _mm512_fpclass_ps_mask(v, 0x20); }
#endif

// As float_to_bf16 of bf16.h. AVX512_BF16 has an instruction for it that takes numbers below the normal ones for 0: those, which
// are rare, go the long way.
inline Halves narrow_bf16(Vector v) {
#ifdef __AVX512BF16__
    if (__builtin_expect(subnormals(v) == 0, 1)) return (Halves)_mm512_cvtneps_pbh(v);
#endif
    const auto bits = float_bits(v), rounded = (bits + 0x7fff + ((bits >> 16) & 1)) >> 16, nan = (bits >> 16) | 0x40;
    const auto narrow = v != v ? nan : rounded;
#if defined(__AVX2__) && !defined(__AVX512BW__)
    return (Halves)_mm_packus_epi32(_mm256_castsi256_si128((__m256i)narrow), _mm256_extracti128_si256((__m256i)narrow, 1));
#else
    return __builtin_convertvector(narrow, Halves);
#endif
}

inline Vector widen_half(Halves bits) {
#if defined(__AVX512BW__)
    return _mm512_maskz_cvtph_ps(0xffff, (__m256i)bits);  // the plain form makes gcc 12 warn of its own header
#elif defined(__F16C__)
    return _mm256_cvtph_ps((__m128i)bits);
#else
    Vector v;
    for (int i = 0; i < lanes; i++) v[i] = half_to_float(bits[i]);
    return v;
#endif
}

inline Halves narrow_half(Vector v) {
#if defined(__AVX512BW__)
    return (Halves)_mm512_maskz_cvtps_ph(0xffff, v, _MM_FROUND_TO_NEAREST_INT);
#elif defined(__F16C__)
    return (Halves)_mm256_cvtps_ph(v, _MM_FROUND_TO_NEAREST_INT);
#else
    Halves bits;
    for (int i = 0; i < lanes; i++) bits[i] = float_to_half(v[i]);
    return bits;
#endif
}

// Asks for what will be read soon. In line always: else the compiler takes such a function for one without effect, and leaves the calls out.
inline __attribute__((always_inline)) void prefetch(const void* p) { __builtin_prefetch(p); }
inline __attribute__((always_inline)) void prefetch_far(const void* p) { __builtin_prefetch(p, 0, 2); }  // not into the first-level cache
inline __attribute__((always_inline)) void prefetch_to_write(const void* p) { __builtin_prefetch(p, 1); }

template <Type type, class Part = All>
inline Vector load(const Element<type>* p, Part part = {}) {
    if constexpr (type == Type::f32) return load_bits<Vector>(p, part);
    else if constexpr (type == Type::f16) return widen_half(load_bits<Halves>(p, part));
    else return widen_bf16(load_bits<Halves>(p, part));
}

template <Type type, class Part = All>
inline void store(Element<type>* p, Vector v, Part part = {}) {
    if constexpr (type == Type::f32) store_bits(p, v, part);
    else if constexpr (type == Type::f16) store_bits(p, narrow_half(v), part);
    else store_bits(p, narrow_bf16(v), part);
}

}  // namespace nt
