// A tile of c = alpha·op(a)·op(b) + beta·c by one block, in float: what matmul.cu and attention.cu are made of.
//
// A block of 256 threads computes 64×64 elements of c, each thread 4×4 of them in registers. It walks along k in steps of
// 16: the threads bring 64×16 numbers of op(a) and 16×64 of op(b) into shared memory as floats, and read each of them from
// there 16 times: 2·64·64·16 FLOPs for 2·64·16 numbers from global memory, 64 FLOPs a number, where the naive product
// (matmul_v1) does one. While a step is being multiplied, the next one's numbers are on their way into registers.
// The sum over k runs in order: the result does not depend on the tiles.
#pragma once
#include "common.cuh"

constexpr int gemm_tile = 64, gemm_depth = 16, gemm_threads = 256;

// A row-major matrix [rows, columns]; `ld` numbers lie from a row to the next.
template <class T>
struct Matrix {
    T* data;
    long long ld;
    int rows, columns;
};

struct alignas(16) GemmShared {
    // [k][m] and [k][n]; rows lie at multiples of 16 bytes, as they are read, a few banks apart
    float a[gemm_depth][gemm_tile + 4], b[gemm_depth][gemm_tile + 4];
};

// One step's strip of an operand, on its way from global to shared memory: 64 numbers across (m or n) and 16 along k.
// `k_minor`: neighbours in memory are neighbours along k, otherwise neighbours across. Either way a warp reads neighbours.
template <class T, bool k_minor>
struct Strip {
    static constexpr int per_thread = gemm_tile * gemm_depth / gemm_threads;
    float v[per_thread];

    DEVICE static int across(int i) { return k_minor ? threadIdx.x / gemm_depth + i * (gemm_threads / gemm_depth) : threadIdx.x % gemm_tile; }
    DEVICE static int along(int i) { return k_minor ? threadIdx.x % gemm_depth : threadIdx.x / gemm_tile + i * (gemm_threads / gemm_tile); }

    // Zeros outside the matrix.
    DEVICE void read(const Matrix<const T>& from, int first, int k) {
UNROLL
        for (int i = 0; i < per_thread; i++) {
            const int row = k_minor ? first + across(i) : k + along(i), column = k_minor ? k + along(i) : first + across(i);
            v[i] = row < from.rows && column < from.columns ? to_float(from.data[row * from.ld + column]) : 0.f;
        }
    }

    DEVICE void write(float (&to)[gemm_depth][gemm_tile + 4]) const {
UNROLL
        for (int i = 0; i < per_thread; i++) to[along(i)][across(i)] = v[i];
    }
};

// c = alpha·sum + beta·c of four neighbours, of which `count` are in the matrix: by one store where they lie at a multiple
// of its width. (Lane by lane, a number each, a warp's request would touch four times the sectors that it fills.)
template <class C>
DEVICE void write_products(const float (&sum)[4], float alpha, float beta, C* c, int count) {
    if (count >= 4 && reinterpret_cast<unsigned long long>(c) % (4 * sizeof(C)) == 0) {
        float v[4] = {};
        if (beta != 0.f) load<4>(c, v);
UNROLL
        for (int j = 0; j < 4; j++) v[j] = alpha * sum[j] + beta * v[j];
        store<4>(c, v);
    } else {
UNROLL
        for (int j = 0; j < 4; j++) {
            const float product = alpha * sum[j];
            if (j < count) from_float(beta == 0.f ? product : product + beta * to_float(c[j]), c[j]);
        }
    }
}

// The tile of c from (row, column) on. Every thread of the block must call it.
template <bool transpose_a, bool transpose_b, class A, class B, class C>
DEVICE void gemm(const Matrix<const A>& a, const Matrix<const B>& b, const Matrix<C>& c, int row, int column, float alpha, float beta, GemmShared& shared) {
    const int k = transpose_a ? a.rows : a.columns;
    const int y = threadIdx.x / 16 * 4, x = threadIdx.x % 16 * 4;  // of the thread's 4×4 elements in the tile
    float sum[4][4] = {};
    Strip<A, !transpose_a> strip_a;
    Strip<B, transpose_b> strip_b;
    strip_a.read(a, row, 0);
    strip_b.read(b, column, 0);
    for (int at = 0; at < k; at += gemm_depth) {
        strip_a.write(shared.a);
        strip_b.write(shared.b);
        __syncthreads();
        if (at + gemm_depth < k) {
            strip_a.read(a, row, at + gemm_depth);
            strip_b.read(b, column, at + gemm_depth);
        }
UNROLL
        for (int d = 0; d < gemm_depth; d++) {
            const auto va = load_pack<4>(&shared.a[d][y]), vb = load_pack<4>(&shared.b[d][x]);
UNROLL
            for (int i = 0; i < 4; i++) {
UNROLL
                for (int j = 0; j < 4; j++) sum[i][j] += va.v[i] * vb.v[j];
            }
        }
        __syncthreads();
    }
UNROLL
    for (int i = 0; i < 4; i++)
        if (row + y + i < c.rows) write_products(sum[i], alpha, beta, c.data + (row + y + i) * c.ld + column + x, c.columns - column - x);
}
