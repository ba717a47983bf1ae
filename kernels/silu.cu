// y = silu(x) and dx = dy·silu'(x), elementwise (math/silu.h).
//
// Bytes: forward reads and writes each number once, backward reads two and writes one (adding: reads three).
// FLOPs: about 20 a number, so that memory alone counts.
// Threads: of a grid that strides over the map, each takes `vector_width` neighbouring channels of a pixel where all
// pixels lie at multiples of 16 bytes (vector = vector_width<T>), otherwise one number (vector = 1).
#include "common.cuh"
#include "math/silu.h"

template <class T, int vector>
__global__ void silu_forward(const T* x, int ld_x, T* y, int ld_y, long long rows, int c) {
    const int packs = c / vector;
    for (long long i = global_thread(); i < rows * packs; i += global_threads()) {
        const long long row = i / packs;
        const int at = static_cast<int>(i % packs) * vector;
        float v[vector];
        load<vector>(x + row * ld_x + at, v);
UNROLL
        for (int j = 0; j < vector; j++) v[j] = nt::silu(v[j]);
        store<vector>(y + row * ld_y + at, v);
    }
}

template <class T, int vector>
__global__ void silu_backward(const T* x, int ld_x, const T* dy, int ld_dy, T* dx, int ld_dx, long long rows, int c, int accumulate) {
    const int packs = c / vector;
    for (long long i = global_thread(); i < rows * packs; i += global_threads()) {
        const long long row = i / packs;
        const int at = static_cast<int>(i % packs) * vector;
        float v[vector], g[vector], sum[vector] = {};
        load<vector>(x + row * ld_x + at, v);
        load<vector>(dy + row * ld_dy + at, g);
        if (accumulate) load<vector>(dx + row * ld_dx + at, sum);
UNROLL
        for (int j = 0; j < vector; j++) sum[j] += g[j] * nt::silu_derivative(v[j]);
        store<vector>(dx + row * ld_dx + at, sum);
    }
}

KERNEL_VECTORS(silu_forward)
KERNEL_VECTORS(silu_backward)
