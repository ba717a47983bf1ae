// The maximum and the sum of exponentials of a row, which softmax and cross-entropy start from.
//
// `lanes` neighbouring lanes of a warp (a power of two) take a row, each every lanes-th number of it: all 32 where a row
// is that long, fewer for short ones. Maximum and sum are found in one pass: each lane keeps its own running maximum m and
// Σ e^(x-m), which is rescaled where m grows (Milakov & Gimelshein 2018, arXiv:1805.02867); the lanes then join theirs in
// pairs.
#pragma once
#include "common.cuh"
#include "math/exp.h"

// The first row of the calling thread's warp, whose lanes go round together: the last rows may be fewer than its groups.
DEVICE long long first_row_of_warp(int lanes) { return global_thread() / warp_size * (warp_size / lanes); }

// m and Σ e^(x - m) of some numbers.
struct Exponentials {
    float top = -3.402823466e38f, sum = 0;  // of none: the lowest float

    DEVICE void add(float x) {
        if (x > top) {
            sum = sum * nt::exp(top - x) + 1;
            top = x;
        } else {
            sum += nt::exp(x - top);
        }
    }

    DEVICE void join(float other_top, float other_sum) {
        const float higher = fmaxf(top, other_top);
        sum = sum * nt::exp(top - higher) + other_sum * nt::exp(other_top - higher);
        top = higher;
    }
};

// Of `count` numbers, to all lanes of the group. Every lane of the warp must call it.
template <class T>
DEVICE Exponentials exponentials(const T* x, int count, int lane, int lanes) {
    Exponentials all;
    for (int i = lane; i < count; i += lanes) all.add(to_float(x[i]));
    for (int distance = lanes / 2; distance > 0; distance /= 2) {
        const float top = __shfl_xor_sync(full_warp, all.top, distance), sum = __shfl_xor_sync(full_warp, all.sum, distance);
        all.join(top, sum);
    }
    return all;
}
