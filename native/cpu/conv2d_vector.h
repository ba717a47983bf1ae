// A vector of channels read from, and written to, memory of floats or of bfloat16 (kernels/math/bf16.h).
#pragma once
#include "conv2d_tile.h"
#include "element.h"

namespace nt::conv {

struct Bf16 {
    uint16_t bits;
};

using Bits = uint32_t __attribute__((vector_size(4 * width)));
using HalfBits = uint16_t __attribute__((vector_size(2 * width)));

inline Vec load(const Bf16* p) {
    HalfBits half;
    std::memcpy(&half, p, sizeof half);
    const Bits bits = __builtin_convertvector(half, Bits) << 16;
    return (Vec)bits;  // the same bits
}

// To the nearest, ties to even; NaN stays NaN.
inline void store(Bf16* p, Vec v) {
    const Bits bits = (Bits)v;
    const Bits rounded = (bits + 0x7fff + ((bits >> 16) & 1)) >> 16, nan = (bits >> 16) | 0x40;
    const HalfBits half = __builtin_convertvector((bits & 0x7fffffff) > 0x7f800000 ? nan : rounded, HalfBits);
    std::memcpy(p, &half, sizeof half);
}

// body(p) with a pointer of the map's type; not for f16, which has no vectors here.
template <class Body>
void with_pointer(Type type, const void* p, Body&& body) {
    if (type == Type::bf16)
        body(static_cast<const Bf16*>(p));
    else
        body(static_cast<const float*>(p));
}
template <class Body>
void with_pointer(Type type, void* p, Body&& body) {
    if (type == Type::bf16)
        body(static_cast<Bf16*>(p));
    else
        body(static_cast<float*>(p));
}

}  // namespace nt::conv
