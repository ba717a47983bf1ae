// Kernels whose results show what the emulator makes of CUDA's functions.
#include "mma.cuh"

__global__ void where(int* y) {
    const int block = blockIdx.x + gridDim.x * (blockIdx.y + gridDim.y * blockIdx.z);
    const int thread = threadIdx.x + blockDim.x * (threadIdx.y + blockDim.y * threadIdx.z);
    y[block * blockDim.x * blockDim.y * blockDim.z + thread] = 1000 * block + thread;
}

// Eight results of each lane.
__global__ void shuffles(int* y) {
    const int lane = threadIdx.x % 32;
    int* mine = y + threadIdx.x * 8;
    mine[0] = __shfl_sync(full_warp, lane, 5);
    mine[1] = __shfl_sync(full_warp, lane, 5, 8);
    mine[2] = __shfl_xor_sync(full_warp, lane, 3);
    mine[3] = __shfl_down_sync(full_warp, lane, 4);
    mine[4] = __shfl_down_sync(full_warp, lane, 4, 8);
    mine[5] = __shfl_up_sync(full_warp, lane, 4, 8);
    mine[6] = static_cast<int>(__shfl_xor_sync(full_warp, static_cast<long long>(lane) << 40, 1) >> 40);
    mine[7] = __shfl_xor_sync(full_warp, lane, 9, 8);  // beyond its 8 lanes: its own
}

__global__ void votes(unsigned* y) {
    const int lane = threadIdx.x % 32;
    const unsigned odd = __ballot_sync(full_warp, lane & 1);
    const int any = __any_sync(full_warp, lane == 40), all = __all_sync(full_warp, lane < 32);
    unsigned half = 0;
    if (lane < 16) half = __ballot_sync(0xffffu, lane < 3);  // the lanes of a mask are enough
    const unsigned again = __ballot_sync(full_warp, lane > 29);
    unsigned* mine = y + threadIdx.x * 5;
    mine[0] = odd, mine[1] = any, mine[2] = all, mine[3] = half, mine[4] = again;
}

// A sum over the block, in two ways that must agree for every order of the threads.
__global__ void sums(const float* x, float* y) {
    __shared__ float partial[8];
    __shared__ float tile[256];
    const int i = threadIdx.x;
    const float sum = block_sum<256>(x[i], partial);
    tile[i] = x[i];
    for (int distance = 128; distance > 0; distance /= 2) {
        __syncthreads();
        if (i < distance) tile[i] += tile[i + distance];
    }
    __syncthreads();
    if (i == 0) y[2 * blockIdx.x] = sum, y[2 * blockIdx.x + 1] = tile[0];
}

// D = A·B of one warp: A is 16×16 by rows, B 16×8 by rows.
template <class T>
__global__ void multiplies(const T* a, const T* b, float* d) {
    __shared__ __align__(16) T tile_a[16][16], tile_b[16][16];
    const int lane = threadIdx.x;
    for (int i = lane; i < 256; i += 32) {
        tile_a[i / 16][i % 16] = a[i];
        tile_b[i / 16][i % 16] = i % 16 < 8 ? b[i / 16 * 8 + i % 16] : T{};
    }
    __syncthreads();
    unsigned fa[4], fb[4];
    load_matrices(fa, &tile_a[lane % 16][lane / 16 * 8]);
    load_matrices_transposed(fb, &tile_b[lane % 16][lane / 16 * 8]);
    float sum[4] = {};
    const unsigned first[2] = {fb[0], fb[1]};
    multiply(sum, fa, first, T{});
    for (int i = 0; i < 4; i++) d[(lane / 4 + i / 2 * 8) * 8 + lane % 4 * 2 + i % 2] = sum[i];
}

struct Pair {
    double factor;
    int add;
};
__global__ void takes_struct(Pair p, const int* x, int* y, long long n) {
    for (long long i = global_thread(); i < n; i += global_threads()) y[i] = static_cast<int>(p.factor * x[i]) + p.add;
}

__global__ void adds(int* x, int a) { x[threadIdx.x] += a; }
__global__ void doubles(int* x) { x[threadIdx.x] *= 2; }

KERNEL(where) KERNEL(shuffles) KERNEL(votes) KERNEL(sums) KERNEL(multiplies<half>) KERNEL(multiplies<bf16>) KERNEL(takes_struct) KERNEL(adds) KERNEL(doubles)
