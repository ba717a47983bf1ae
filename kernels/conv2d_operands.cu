// What stands before and after a convolution's product: its operands in the type and order that it wants, and the sum of
// its partial results.
//
// Bytes: each number is read and written once; weights and their gradients are small beside the maps.
// Threads: conv2d_round: one `vector` neighbours; conv2d_weights_forward: one a number of the result.
// conv2d_add_partials: a row of threads for as many numbers, and rows of threads that share out the parts.
// conv2d_weights_backward: a block of 32×8 threads turns a 32×32 tile over in shared memory, so that it reads rows of
// the one order and writes rows of the other, both side by side.
#include "conv2d.cuh"

// Floats in the other operand's type; vector: 4 where their count is a multiple of it, otherwise 1.
template <class T, int vector>
__global__ void conv2d_round(const float* x, T* y, long long count) {
    for (long long i = global_thread() * vector; i < count; i += global_threads() * vector) {
        float v[vector];
        load<vector>(x + i, v);
        store<vector>(y + i, v);
    }
}

// w [rows, c] → [rows, pitch] of type T, rows = oc·kh·kw, pitch > c: zeros fill the rows up to whole packs.
template <class T>
__global__ void conv2d_weights_forward(const float* w, T* to, long long rows, int c, int pitch) {
    for (long long i = global_thread(); i < rows * pitch; i += global_threads()) {
        const int at = static_cast<int>(i % pitch);
        to[i] = from_float<T>(at < c ? w[i / pitch * c + at] : 0.f);
    }
}

// w [oc, taps, ic] → [ic, taps, pitch] of type T, pitch ≥ oc, zeros beyond oc: the data gradient sums over oc.
// grid: (pitch/32, ic/32, taps), rounded up.
template <class T>
__global__ __launch_bounds__(256) void conv2d_weights_backward(const float* w, T* to, int oc, int taps, int ic, int pitch) {
    constexpr int side = 32, rows = 8;
    __shared__ float tile[side][side + 1];  // an odd pitch: a column's numbers lie in 32 banks
    const int tap = blockIdx.z;
    for (int j = threadIdx.y; j < side; j += rows) {
        const int o = blockIdx.x * side + j, i = blockIdx.y * side + threadIdx.x;
        tile[j][threadIdx.x] = o < oc && i < ic ? w[(static_cast<long long>(o) * taps + tap) * ic + i] : 0.f;
    }
    __syncthreads();
    for (int j = threadIdx.y; j < side; j += rows) {
        const int i = blockIdx.y * side + j, o = blockIdx.x * side + threadIdx.x;
        if (i < ic && o < pitch) to[(static_cast<long long>(i) * taps + tap) * pitch + o] = from_float<T>(tile[threadIdx.x][j]);
    }
}

// sums [rows, c] += Σ over splits of partial [splits, rows, pitch]: thread (x, y) of a block adds up every blockDim.y-th part
// of number x, and then the first row adds up the rows' sums, in order.
__global__ __launch_bounds__(256) void conv2d_add_partials(const float* partial, int splits, long long rows, int c, int pitch, float* sums) {
    __shared__ float shares[256];
    const int mine = threadIdx.y * blockDim.x + threadIdx.x;
    for (long long first = static_cast<long long>(blockIdx.x) * blockDim.x; first < rows * c; first += static_cast<long long>(gridDim.x) * blockDim.x) {
        const long long i = first + threadIdx.x;
        float sum = 0;
        if (i < rows * c) {
            const float* from = partial + i / c * pitch + i % c;
            for (int k = threadIdx.y; k < splits; k += blockDim.y) sum += from[k * rows * pitch];
        }
        shares[mine] = sum;
        __syncthreads();
        if (threadIdx.y == 0 && i < rows * c) {
            for (unsigned j = 1; j < blockDim.y; j++) sum += shares[mine + j * blockDim.x];
            sums[i] += sum;
        }
        __syncthreads();  // shares is used again
    }
}

// The bias gradient's partial sums: partial [splits, c], of split k the rows [k·split_rows, (k+1)·split_rows) of
// dy [rows, c]. grid: (c/32 rounded up, splits); a block's warp j takes every 8th row, from its j-th.
template <class T>
__global__ __launch_bounds__(256) void conv2d_bias_partials(const T* dy, long long rows, int c, int split_rows, float* partial) {
    constexpr int warps = 8;
    __shared__ float sums[warps][warp_size];
    const int lane = threadIdx.x % warp_size, warp = threadIdx.x / warp_size, channel = blockIdx.x * warp_size + lane;
    const long long begin = static_cast<long long>(blockIdx.y) * split_rows, end = min(rows, begin + split_rows);
    float sum = 0;
    if (channel < c)
        for (long long row = begin + warp; row < end; row += warps) sum += to_float(dy[row * c + channel]);
    sums[warp][lane] = sum;
    __syncthreads();
    if (warp > 0 || channel >= c) return;
    for (int j = 1; j < warps; j++) sum += sums[j][lane];
    partial[static_cast<long long>(blockIdx.y) * c + channel] = sum;
}

KERNEL(conv2d_round<half, 4>)
KERNEL(conv2d_round<half, 1>)
KERNEL(conv2d_round<bf16, 4>)
KERNEL(conv2d_round<bf16, 1>)
KERNEL_MAPS(conv2d_weights_forward)
KERNEL_MAPS(conv2d_weights_backward)
KERNEL(conv2d_add_partials)
KERNEL_MAPS(conv2d_bias_partials)
