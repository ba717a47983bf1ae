// How a map [rows, c] is shared out where every thread keeps to its channels.
//
// A thread takes `vector` neighbouring channels and walks down the rows. A block is blockDim.x such threads wide (a power
// of two, at most 32) and blockDim.y rows tall, so that a warp touches whole rows, or as many neighbouring bytes of them
// as it has lanes; blockIdx.x counts the blocks across the channels and blockIdx.y those down the rows. There is no
// division, and what belongs to a channel (a batch norm's scale) is read once and stays in registers.
#pragma once
#include "common.cuh"

// The first channel of the calling thread; c or more: it has none.
template <int vector>
DEVICE int own_channel() {
    return static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x) * vector;
}

DEVICE long long own_row() { return static_cast<long long>(blockIdx.y) * blockDim.y + threadIdx.y; }
DEVICE long long row_step() { return static_cast<long long>(gridDim.y) * blockDim.y; }

// --- sums of every channel over a block's rows
constexpr int row_threads = 256;  // of a block, where its sums are wanted
constexpr int row_warps = row_threads / warp_size;

// Shared memory of a block's sums: one number per warp and channel (at most 32 threads across, `vector` channels each).
template <int vector>
struct BlockSums {
    float partial[row_warps][warp_size * vector];
};

// The sum of x[j] over the threads of a block that have the same channel: lanes of a warp in pairs, then the warps in
// their order. Thread t of the block's first blockDim.x·vector gets that of the block's channel t; to the others the
// result means nothing. Every thread must call it.
template <int vector>
DEVICE float sum_rows(const float (&x)[vector], BlockSums<vector>& shared) {
    const int thread = threadIdx.y * blockDim.x + threadIdx.x, lane = thread % warp_size, warp = thread / warp_size;
UNROLL
    for (int j = 0; j < vector; j++) {
        float sum = x[j];
        for (int distance = warp_size / 2; distance >= static_cast<int>(blockDim.x); distance /= 2) sum += __shfl_xor_sync(full_warp, sum, distance);
        if (lane < static_cast<int>(blockDim.x)) shared.partial[warp][lane * vector + j] = sum;
    }
    __syncthreads();
    float sum = 0;
    if (thread < static_cast<int>(blockDim.x) * vector)
        for (int w = 0; w < row_warps; w++) sum += shared.partial[w][thread];
    __syncthreads();  // shared may be used again
    return sum;
}
