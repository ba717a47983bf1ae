// c = alpha·op(a)·op(b) + beta·c for row-major float matrices; op transposes or not. c is [m, n], the sums have k terms.
//
// FLOPs: 2·m·n·k. Bytes: each tile of 64×64 of c reads its 64 rows of op(a) and 64 columns of op(b): (m·n·k / 32)·4 in all,
// the smaller operand mostly from the caches.
// Threads: a block of 256 computes a tile (gemm.cuh); blockIdx.x counts the tiles across, blockIdx.y those down.
#include "gemm.cuh"

template <bool transpose_a, bool transpose_b>
__global__ void __launch_bounds__(gemm_threads) matmul(int m, int n, int k, float alpha, const float* a, int ld_a, const float* b, int ld_b, float beta, float* c, int ld_c) {
    __shared__ GemmShared shared;
    const Matrix<const float> left{a, ld_a, transpose_a ? k : m, transpose_a ? m : k};
    const Matrix<const float> right{b, ld_b, transpose_b ? n : k, transpose_b ? k : n};
    gemm<transpose_a, transpose_b>(left, right, Matrix<float>{c, ld_c, m, n}, blockIdx.y * gemm_tile, blockIdx.x * gemm_tile, alpha, beta, shared);
}

// The same, naively: one thread an element of c, neighbours along a row. Each product reads both of its factors from
// global memory (a's is the same for the whole warp; b's are neighbours unless b is transposed: then each lane reads
// another row, and a warp's request touches 32 sectors where 4 would do).
template <bool transpose_a, bool transpose_b>
__global__ void matmul_v1(int m, int n, int k, float alpha, const float* a, int ld_a, const float* b, int ld_b, float beta, float* c, int ld_c) {
    const long long element = global_thread();
    if (element >= static_cast<long long>(m) * n) return;
    const long long row = element / n, column = element % n;
    float sum = 0;
    for (long long i = 0; i < k; i++) sum += a[transpose_a ? i * ld_a + row : row * ld_a + i] * b[transpose_b ? column * ld_b + i : i * ld_b + column];
    float& to = c[row * ld_c + column];
    to = beta == 0.f ? alpha * sum : alpha * sum + beta * to;
}

KERNEL(matmul<false, false>) KERNEL(matmul<false, true>) KERNEL(matmul<true, false>) KERNEL(matmul<true, true>)
KERNEL(matmul_v1<false, false>) KERNEL(matmul_v1<false, true>) KERNEL(matmul_v1<true, false>) KERNEL(matmul_v1<true, true>)
