// How well a prediction is aligned with an object (Feng et al., "TOOD", ICCV 2021): scoreᵅ·overlapᵝ, both 0…1.
#pragma once
#include "functions.h"

namespace nt {
// xᵉ for x ≥ 0; the exponents in use (0.5 and 6) avoid the general power, which costs ten times as much.
template <class T>
NT_HD inline T power(T x, T e) {
    if (e == T(0.5)) return square_root(x);
    if (e == T(6)) return x * x * x * (x * x * x);
    return general_power(x, e);
}

template <class T>
NT_HD inline T alignment(T score, T overlap, T alpha, T beta) {
    return power(score, alpha) * power(overlap, beta);
}
}  // namespace nt
