// The running first and second moment that Adam (Kingma & Ba 2015, arXiv:1412.6980) and its variants keep.
#pragma once
#include "functions.h"

namespace nt {

// m = beta1·m + (1 - beta1)·g;  v = beta2·v + (1 - beta2)·g²
NT_HD inline void update_moments(float beta1, float beta2, float g, float& m, float& v) {
    m += (1.f - beta1) * (g - m);
    v = beta2 * v + (1.f - beta2) * g * g;
}

}  // namespace nt
