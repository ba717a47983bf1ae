// What the convolution kernels share. y[n,p,q,o] = bias[o] + Σ over r, t, c of x[n, p·stride+r−pad, q·stride+t−pad, c] ·
// w[o,r,t,c]: maps NHWC, weights OHWI, every sum in float.
//
// Operands of a product are of one type T. A result is a map of type T or of floats (a head's logits), told by a flag,
// for only the last store of a kernel differs.
#pragma once
#include "common.cuh"

// A convolution's sizes; the host's copy is Conv2dSizes in Ops/Conv2d.cs.
struct Conv2d {
    int n, h, w, ic, oc, kh, kw, stride, pad, groups;
    int oh, ow;
};

namespace {

template <class T>
DEVICE void store_result(void* y, int is_float, long long at, float value) {
    if (is_float)
        static_cast<float*>(y)[at] = value;
    else
        static_cast<T*>(y)[at] = from_float<T>(value);
}

// N neighbours, at a multiple of 16 bytes or of their size.
template <class T, int N>
DEVICE void store_results(void* y, int is_float, long long at, const float (&values)[N]) {
    if (is_float) {
        constexpr int width = N < 4 ? N : 4;
UNROLL
        for (int i = 0; i < N; i += width) {
            float part[width];
UNROLL
            for (int j = 0; j < width; j++) part[j] = values[i + j];
            store<width>(static_cast<float*>(y) + at + i, part);
        }
    } else if constexpr (sizeof(T) < sizeof(float)) {
        store<N>(static_cast<T*>(y) + at, values);
    }
}

}  // namespace
