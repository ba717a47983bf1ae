// bfloat16 numbers by two vectors at a time. The number at an even place of memory is the low half of a 32-bit lane, its
// neighbour the high half: a shift and a mask make floats of both, and one instruction rounds two vectors, where single vectors
// (simd.h) take four and two. So one vector has the even numbers, the other the odd ones; what stands beside them (tables
// of the channels' numbers, sums) is brought into that order and back outside of the inner loops. The same bits either way.
#pragma once
#include "simd.h"

#include <type_traits>

namespace nt {

// 2·lanes neighbouring numbers.
struct Two {
    Vector even, odd;
};
inline Two operator+(const Two& a, const Two& b) { return {a.even + b.even, a.odd + b.odd}; }
inline Two operator-(const Two& a, const Two& b) { return {a.even - b.even, a.odd - b.odd}; }
inline Two operator*(const Two& a, const Two& b) { return {a.even * b.even, a.odd * b.odd}; }
inline Two& operator+=(Two& a, const Two& b) { return a = a + b; }

// f of one vector, or of each of two.
template <class F>
inline Vector each(const Vector& v, F&& f) { return f(v); }
template <class F>
inline Two each(const Two& v, F&& f) { return {f(v.even), f(v.odd)}; }

// The part of a map that is two vectors, as All and First are parts of one.
struct Pairs {};

// What holds the numbers of a part.
template <class Part>
using Lanes = std::conditional_t<std::is_same_v<Part, Pairs>, Two, Vector>;

typedef BitsOf<Vector>::Unsigned PairBits;

#ifdef __AVX512BF16__
template <Type type>
constexpr bool in_pairs = type == Type::bf16;

inline Two widen_pairs(PairBits bits) { return {bits_float<Vector>(bits << 16), bits_float<Vector>(bits & 0xffff0000)}; }

inline PairBits narrow_pairs(const Two& v) {
    if (__builtin_expect((subnormals(v.even) | subnormals(v.odd)) != 0, 0))  // see narrow_bf16
        return __builtin_convertvector(narrow_bf16(v.even), PairBits) | __builtin_convertvector(narrow_bf16(v.odd), PairBits) << 16;
    const __m512i interleaved = _mm512_set_epi16(31, 15, 30, 14, 29, 13, 28, 12, 27, 11, 26, 10, 25, 9, 24, 8, 23, 7, 22, 6, 21, 5, 20, 4, 19, 3, 18, 2, 17, 1, 16, 0);
    return (PairBits)_mm512_maskz_permutexvar_epi16(0xffffffff, interleaved, (__m512i)_mm512_cvtne2ps_pbh(v.odd, v.even));
}

// Floats beside the numbers of a part, in their order.
inline Two load_beside(const float* p, Pairs) {
    const Vector a = load<Type::f32>(p), b = load<Type::f32>(p + lanes);
    return {__builtin_shufflevector(a, b, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30),
            __builtin_shufflevector(a, b, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31)};
}
inline void store_beside(float* p, const Two& v, Pairs) {
    store<Type::f32>(p, __builtin_shufflevector(v.even, v.odd, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23));
    store<Type::f32>(p + lanes, __builtin_shufflevector(v.even, v.odd, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31));
}
#else
template <Type>
constexpr bool in_pairs = false;

Two widen_pairs(PairBits);  // named below, never called
PairBits narrow_pairs(const Two&);
#endif

// As load and store of simd.h, of any part.
template <Type type, class Part>
inline Lanes<Part> load_part(const Element<type>* p, Part part) {
    if constexpr (std::is_same_v<Part, Pairs>) return widen_pairs(load_bits<PairBits>(p, All{}));
    else return load<type>(p, part);
}
template <Type type, class Part>
inline void store_part(Element<type>* p, const Lanes<Part>& v, Part part) {
    if constexpr (std::is_same_v<Part, Pairs>) store_bits(p, narrow_pairs(v), All{});
    else store<type>(p, v, part);
}

template <class Part>
inline Vector load_beside(const float* p, Part part) { return load<Type::f32>(p, part); }
template <class Part>
inline void store_beside(float* p, const Vector& v, Part part) { store<Type::f32>(p, v, part); }

// Calls body(i, part) for the numbers of a row of n: by pairs of vectors where they are the faster way, the rest as each_vector.
template <Type type, class Body>
inline __attribute__((always_inline)) void each_part(int64_t n, Body&& body) {
    int64_t i = 0;
    if constexpr (in_pairs<type>)
        for (; i + 2 * lanes <= n; i += 2 * lanes) body(i, Pairs{});
    each_vector(n - i, [&](int64_t k, auto part) { body(i + k, part); });
}

}  // namespace nt
