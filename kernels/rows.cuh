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

DEVICE int row_thread() { return static_cast<int>(threadIdx.y * blockDim.x + threadIdx.x); }

// Shared memory of a block's sums: one number per warp and channel (at most 32 threads across, `vector` channels each).
template <int vector>
struct BlockSums {
    float partial[row_warps][vector * warp_size];
};

// The channel whose sum the calling thread gets of sum_rows: those of neighbouring threads are `vector` apart, so that they
// find them in different banks of the shared memory. c or more: none.
template <int vector>
DEVICE int summed_channel() {
    const int thread = row_thread(), across = static_cast<int>(blockDim.x);
    return thread < across * vector ? (static_cast<int>(blockIdx.x) * across + thread % across) * vector + thread / across : 0x7fffffff;
}

// The sum of x[j] over the threads of a block that have the same channels: lanes of a warp in pairs, then the warps in
// their order. Every thread must call it; what it gets belongs to summed_channel().
template <int vector>
DEVICE float sum_rows(const float (&x)[vector], BlockSums<vector>& shared) {
    const int thread = row_thread(), lane = thread % warp_size, warp = thread / warp_size, across = static_cast<int>(blockDim.x);
UNROLL
    for (int j = 0; j < vector; j++) {
        float sum = x[j];
        for (int distance = warp_size / 2; distance >= across; distance /= 2) sum += __shfl_xor_sync(full_warp, sum, distance);
        if (lane < across) shared.partial[warp][j * across + lane] = sum;
    }
    __syncthreads();
    float sum = 0;
    if (thread < across * vector)
        for (int w = 0; w < row_warps; w++) sum += shared.partial[w][thread];
    __syncthreads();  // shared may be used again
    return sum;
}

// --- sums over the chunks of rows that blocks have summed
// A sum that also keeps what its roundings lose (Kahan 1965): as good as in double, which most cards compute 64 times
// more slowly than float.
struct LongSum {
    float sum = 0, lost = 0;

    DEVICE void add(float x) {
        const float corrected = x - lost, next = sum + corrected;
        lost = (next - sum) - corrected;
        sum = next;
    }
};

// A block of 32 × 16 threads takes 32 channels; of a channel's chunks thread y takes every sixteenth.
constexpr int chunk_threads = 16;

// The sum over threadIdx.y, in order, to all of them. Every thread of the block must call it.
DEVICE float sum_chunks(const LongSum& x, float (&shared)[chunk_threads][warp_size]) {
    shared[threadIdx.y][threadIdx.x] = x.sum;
    __syncthreads();
    LongSum all;
    for (int i = 0; i < chunk_threads; i++) all.add(shared[i][threadIdx.x]);
    __syncthreads();  // shared may be used again
    return all.sum;
}
