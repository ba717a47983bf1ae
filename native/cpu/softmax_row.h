// Softmax of one row and its gradient, shared by softmax.cpp and attention.cpp.
#pragma once
#include "exp.h"

#include <algorithm>

namespace nt {

// y = e^(x - max x) / Σ e^(x - max x). y may be x.
inline void softmax_row(const float* x, float* y, int c) {
    float top = x[0];
#pragma omp simd reduction(max : top)
    for (int i = 0; i < c; i++) top = std::max(top, x[i]);
    float sum = 0;
#pragma omp simd reduction(+ : sum)
    for (int i = 0; i < c; i++) sum += y[i] = exp(x[i] - top);
    const float scale = 1.f / sum;
#pragma omp simd
    for (int i = 0; i < c; i++) y[i] *= scale;
}

// Σ y·dy: with it, dx = y·(dy - Σ y·dy).
inline float softmax_row_dot(const float* y, const float* dy, int c) {
    float dot = 0;
#pragma omp simd reduction(+ : dot)
    for (int i = 0; i < c; i++) dot += y[i] * dy[i];
    return dot;
}

}  // namespace nt
