// With AVX-512: products of words, which maps of floats and of bfloat16 numbers have in common: a word is four bytes, a float or a pair of bfloat16 numbers.
// One load broadcasts it, and a lane takes its product with a word of its own: of pairs the sum of both products (VDPBF16PS).
#pragma once
#include "conv2d_tile.h"

#include <immintrin.h>

namespace nt::conv {

typedef float Word __attribute__((may_alias, aligned(1)));

inline __attribute__((always_inline)) Vec broadcast(const Word* p) { return (Vec)_mm512_set1_ps(*p); }

// acc + a·b; type: of the words' numbers
template <Type type>
inline __attribute__((always_inline)) Vec multiply_add(Vec acc, Vec a, Vec b) {
#ifdef __AVX512BF16__
    if constexpr (type == Type::bf16) return (Vec)_mm512_dpbf16_ps((__m512)acc, (__m512bh)a, (__m512bh)b);
    else return acc + a * b;
#else
    static_assert(type == Type::f32, "pairs are multiplied with AVX512_BF16 only");
    return acc + a * b;
#endif
}

}  // namespace nt::conv
