// IEEE half precision (binary16: 5 bits of exponent, 10 of fraction), as its 16 bits.
#pragma once
#include "exp.h"

namespace nt {

// Exponent and fraction moved to a float's places make the number times 2^-112 (the biases 15 and 127 differ by
// that), also where it is subnormal. Infinity and NaN have the largest exponent in both formats.
NT_HD inline float half_to_float(unsigned short bits) {
    const unsigned magnitude = static_cast<unsigned>(bits & 0x7fff) << 13, sign = static_cast<unsigned>(bits & 0x8000) << 16;
    const unsigned special = magnitude >= 0x0f800000 ? 0x7f800000 : 0;  // 31 << 23
    return bits_float(float_bits(bits_float(magnitude) * 0x1p112f) | special | sign);
}

// To the nearest, ties to even; from 65520 on to infinity.
NT_HD inline unsigned short float_to_half(float x) {
    const unsigned bits = float_bits(x), magnitude = bits & 0x7fffffff;
    // A float next to 1/2 has steps of 2^-24, those of a subnormal half: the addition rounds.
    const unsigned small = float_bits(bits_float(magnitude) + 0.5f) - 0x3f000000;
    const unsigned normal = (magnitude + 0xfff + ((magnitude >> 13) & 1) - (112u << 23)) >> 13;
    const unsigned large = magnitude > 0x7f800000 ? 0x7e00 : 0x7c00;  // NaN, infinity
    const unsigned half = magnitude < 0x38800000 ? small : magnitude < 0x47800000 ? normal : large;  // 2^-14, 2^16
    return static_cast<unsigned short>(half | (bits >> 16 & 0x8000));
}

}  // namespace nt
