// x = x·a + b, many times over in registers: what the arithmetic units can do when memory does not hold them up.
//
// FLOPs: 2·rounds a number. Bytes: each number read and written once.
// Threads: each takes 8 numbers, one block apart, so that 8 chains run side by side; a warp's lanes are neighbours.
#include "common.cuh"

__global__ void multiply_add(float* x, long long n, int rounds) {
    constexpr int chains = 8;
    const long long first = static_cast<long long>(blockIdx.x) * blockDim.x * chains + threadIdx.x;
    float v[chains];
    UNROLL
    for (int i = 0; i < chains; i++) {
        const long long at = first + static_cast<long long>(i) * blockDim.x;
        v[i] = at < n ? x[at] : 0.f;
    }
    for (int round = 0; round < rounds; round++) {
        UNROLL
        for (int i = 0; i < chains; i++) v[i] = v[i] * 0.999f + 0.001f;
    }
    UNROLL
    for (int i = 0; i < chains; i++) {
        const long long at = first + static_cast<long long>(i) * blockDim.x;
        if (at < n) x[at] = v[i];
    }
}

KERNEL(multiply_add)
