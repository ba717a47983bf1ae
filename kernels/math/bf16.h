// bfloat16: the upper half of a float (8 bits of exponent as there, 7 of fraction), as its 16 bits.
#pragma once
#include "exp.h"

namespace nt {

NT_HD inline float bf16_to_float(unsigned short bits) { return bits_float(static_cast<unsigned>(bits) << 16); }

// To the nearest, ties to even: adding 0x7fff and the last kept bit carries into the kept half where it must be
// rounded up, from the largest number to infinity too. NaN stays NaN, made quiet so that its kept bits are not all 0.
NT_HD inline unsigned short float_to_bf16(float x) {
    const unsigned bits = float_bits(x);
    const unsigned rounded = (bits + 0x7fff + ((bits >> 16) & 1)) >> 16;
    const unsigned nan = (bits >> 16) | 0x40;
    return static_cast<unsigned short>((bits & 0x7fffffff) > 0x7f800000 ? nan : rounded);
}

}  // namespace nt
