// Dropout (Srivastava et al., JMLR 2014), scaled while training: an element is dropped with probability p, and the others are
// multiplied by 1/(1−p), so that the expectation stays. Whether element i is dropped is a function of (key, i): the
// counter-based numbers of SplitMix64 (Steele, Lea and Flood 2014), so that no mask need be kept for the backward pass.
#pragma once
#include "hd.h"

namespace nt {
// 24 bits that look random, as a number in [0, 1).
NT_HD inline float uniform_at(unsigned long long key, unsigned long long i) {
    unsigned long long z = key + (i + 1) * 0x9E3779B97F4A7C15ULL;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
    z = z ^ (z >> 31);
    return static_cast<float>(z >> 40) * (1.f / (1 << 24));
}

// What element i is multiplied by, 0 ≤ p < 1.
NT_HD inline float dropout_factor(unsigned long long key, unsigned long long i, float p) {
    return uniform_at(key, i) < p ? 0.f : 1.f / (1.f - p);
}
}  // namespace nt
