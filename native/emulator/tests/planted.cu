// Kernels with a bug each, on the line that a comment marks with the kernel's name, and beside them the same without it.
#include "copy_async.cuh"

// --- global memory
__global__ void reads_beyond(const float* x, float* y, int n) {
    const int i = threadIdx.x;
    if (i <= n) y[i % n] = x[i];  // bug: reads_beyond
}

__global__ void writes_beyond(float* x, int n) {
    for (int i = threadIdx.x; i < n + 1; i += blockDim.x)
        x[i] = 1.f;  // bug: writes_beyond
}

// Also the bug of a kernel that gets memory which was freed.
__global__ void writes(float* x) {
    x[threadIdx.x] = 1.f;  // bug: writes
}

__global__ void loads_vector(const float* x, float* y) {
    float v[4];
    load<4>(x + 4 * threadIdx.x, v);  // bug: loads_vector
    y[threadIdx.x] = v[0] + v[1] + v[2] + v[3];
}

__global__ void reads_other_block(float* x) {
    x[blockIdx.x] = 1.f;
    if (blockIdx.x > 0) x[blockIdx.x] += x[blockIdx.x - 1];  // bug: reads_other_block
}

__global__ void writes_same(float* x) {
    if (threadIdx.x == 0) x[0] = static_cast<float>(blockIdx.x);  // bug: writes_same
}

// Counted: a warp's loads lie `stride` numbers apart, in global memory and then in shared memory.
template <int stride>
__global__ void strides(const float* x, float* y) {
    __shared__ float tile[32 * stride];
    const int i = threadIdx.x;
    tile[i * stride] = x[i * stride];
    __syncthreads();
    y[i] = tile[i * stride];
}

// The same by packs of four.
__global__ void packs(const float* x, float* y) {
    __shared__ __align__(16) float tile[128];
    float v[4];
    load<4>(x + 4 * threadIdx.x, v);
    store<4>(tile + 4 * threadIdx.x, v);
    y[threadIdx.x] = v[0];
}

__global__ void counts(int* x) { atomicAdd(x, 1); }

// --- shared memory
template <bool barrier>
__global__ void reverses(float* x) {
    __shared__ float tile[64];
    const int i = threadIdx.x;
    tile[i] = x[i];
    if (barrier) __syncthreads();
    x[i] = tile[63 - i];  // bug: reverses<false>
}

// The second write must not overtake the reads of the first.
template <bool barrier>
__global__ void reverses_twice(float* x) {
    __shared__ float tile[64];
    const int i = threadIdx.x;
    for (int round = 0; round < 2; round++) {
        tile[i] = x[i];  // bug: reverses_twice<false>
        __syncthreads();
        x[i] = tile[63 - i];
        if (barrier) __syncthreads();
    }
}

// Lanes of one warp need no barrier of the block, but one of the warp.
template <bool barrier>
__global__ void rotates_in_warp(float* x) {
    __shared__ float tile[64];
    const int i = threadIdx.x;
    tile[i] = x[i];
    if (barrier) __syncwarp();
    x[i] = tile[i / 32 * 32 + (i + 1) % 32];  // bug: rotates_in_warp<false>
}

// Neighbours of 16 bits in one word are no race.
__global__ void swaps_halves(half* x) {
    __shared__ half tile[64];
    const int i = threadIdx.x;
    tile[i] = x[i];
    __syncthreads();
    x[i] = tile[i ^ 1];
}

__global__ void indexes_beyond_array(float* x) {
    __shared__ float first[32];
    __shared__ float second[32];
    const int i = threadIdx.x;
    first[i] = second[i] = x[i];
    __syncthreads();
    const float next = first[i + 1];  // bug: indexes_beyond_array
    x[i] = next + second[i];
}

__global__ void indexes_beyond_dynamic(float* x) {
    DYNAMIC_SHARED(bytes);
    float* tile = reinterpret_cast<float*>(bytes);
    tile[threadIdx.x] = x[threadIdx.x];  // bug: indexes_beyond_dynamic
    __syncthreads();
    x[threadIdx.x] = tile[threadIdx.x ^ 1];
}

__global__ void reads_unwritten(float* x) {
    __shared__ float tile[64];
    const int i = threadIdx.x;
    if (i < 32) tile[i] = x[i];
    __syncthreads();
    x[i] = tile[i];  // bug: reads_unwritten
}

__global__ void large_array(float* x) {
    __shared__ float tile[20][640];
    tile[0][threadIdx.x] = x[threadIdx.x];
    x[threadIdx.x] = tile[0][threadIdx.x];
}

template <int pending>
__global__ void copies(const float* x, float* y) {
    __shared__ __align__(16) float tile[256];
    const int i = threadIdx.x * 4;
    copy_async16(tile + i, x + i, true);
    copy_async_commit();
    copy_async_wait<pending>();
    __syncthreads();
    y[i] = tile[(i + 4) % 256];  // bug: copies<1>
}

// --- barriers
__global__ void half_waits(float* x) {
    if (threadIdx.x < 32) __syncthreads();  // bug: half_waits
    x[threadIdx.x] = 0.f;
}

__global__ void two_barriers(float* x) {
    if (threadIdx.x < 32) __syncthreads();  // bug: two_barriers
    else __syncthreads();
    x[threadIdx.x] = 0.f;
}

__global__ void half_shuffles(float* x) {
    const int i = threadIdx.x;
    if (i % 32 < 16) x[i] = __shfl_xor_sync(full_warp, x[i], 1);  // bug: half_shuffles
}

KERNEL(reads_beyond) KERNEL(writes_beyond) KERNEL(writes) KERNEL(loads_vector) KERNEL(reads_other_block) KERNEL(writes_same) KERNEL(counts)
KERNEL(reverses<true>) KERNEL(reverses<false>) KERNEL(reverses_twice<true>) KERNEL(reverses_twice<false>)
KERNEL(rotates_in_warp<true>) KERNEL(rotates_in_warp<false>) KERNEL(swaps_halves) KERNEL(indexes_beyond_array) KERNEL(indexes_beyond_dynamic)
KERNEL(reads_unwritten) KERNEL(large_array) KERNEL(copies<0>) KERNEL(copies<1>)
KERNEL(strides<1>) KERNEL(strides<2>) KERNEL(strides<33>) KERNEL(packs)
KERNEL(half_waits) KERNEL(two_barriers) KERNEL(half_shuffles)
