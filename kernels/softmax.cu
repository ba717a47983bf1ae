// y = e^(x - max x) / Σ e^(x - max x) over the channels of every row, and dx = y·(dy - Σ y·dy). y may be x, dx may be dy.
//
// Bytes: forward reads x twice (the second time mostly from the caches) and writes y; back likewise y and dy. FLOPs: about
// 40 a number forward, 4 back.
// Threads: `lanes` neighbouring lanes of a warp take a row (see softmax_row.cuh).
#include "softmax_row.cuh"

template <class T>
__global__ void softmax_forward(const T* x, int ld_x, T* y, int ld_y, long long rows, int c, int lanes) {
    const int lane = threadIdx.x % lanes;
    for (long long first = first_row_of_warp(lanes); first < rows; first += global_threads() / lanes) {
        const long long row = first + threadIdx.x % warp_size / lanes;
        const int count = row < rows ? c : 0;
        const T* from = x + row * ld_x;
        const Exponentials all = exponentials(from, count, lane, lanes);
        const float scale = 1.f / all.sum;
        for (int i = lane; i < count; i += lanes) from_float(nt::exp(to_float(from[i]) - all.top) * scale, y[row * ld_y + i]);
    }
}

template <class T>
__global__ void softmax_backward(const T* y, int ld_y, const T* dy, int ld_dy, T* dx, int ld_dx, long long rows, int c, int lanes, int accumulate) {
    const int lane = threadIdx.x % lanes;
    for (long long first = first_row_of_warp(lanes); first < rows; first += global_threads() / lanes) {
        const long long row = first + threadIdx.x % warp_size / lanes;
        const int count = row < rows ? c : 0;
        const T *p = y + row * ld_y, *g = dy + row * ld_dy;
        float dot = 0;
        for (int i = lane; i < count; i += lanes) dot += to_float(p[i]) * to_float(g[i]);
        for (int distance = lanes / 2; distance > 0; distance /= 2) dot += __shfl_xor_sync(full_warp, dot, distance);
        T* to = dx + row * ld_dx;
        for (int i = lane; i < count; i += lanes) {
            const float d = to_float(p[i]) * (to_float(g[i]) - dot);
            from_float(accumulate ? to_float(to[i]) + d : d, to[i]);
        }
    }
}

KERNEL_MAPS(softmax_forward)
KERNEL_MAPS(softmax_backward)
