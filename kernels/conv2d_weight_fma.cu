// A convolution's weight gradient by fused multiply-adds, as the product of conv2d_weight.cuh: maps of floats on every GPU,
// maps of 16 bits where the GPU has no tensor cores for their type.
//
// Bytes: dy is read for each `columns` columns of x', and x (kh·kw times, from the L2 cache at the second) for each
// `rows` output channels. FLOPs: 2·pixels·oc·kh·kw·ic.
// Threads: a block of 16×16 computes rows×columns sums, each thread rows/16 × columns/16 of them in registers. In
// shared memory lie `depth` pixels of both maps, channels side by side, as in the maps: a thread's reads are of
// neighbouring numbers, and those of a warp's lanes follow one another, so that no two meet in a bank.
#include "conv2d_weight.cuh"
#include "copy_chunk.cuh"

template <class T, int rows, int columns, bool vector>
__global__ __launch_bounds__(256, 2) void conv2d_weight_fma(Conv2d s, const T* x, const T* dy, int pitch, int split_pixels, float* partial) {
    constexpr int threads = 256, side = 16, depth = 16, stages = 3;
    using Tile = WeightTile<rows, columns, 4, threads, depth>;
    constexpr int thread_rows = rows / side, thread_quads = columns / side / 4;
    __shared__ __align__(16) float tiles[stages][depth * (rows + columns)];

    Tile tile(s, pitch, split_pixels);

    const auto copy = [&](int step) {
        float *left = tiles[step % stages], *right = left + depth * rows;
        int at;
        if (tile.left_pixel < depth) {
            const int channels = tile.find_left(step, tile.left_pixel, at);
            copy_floats<T, vector>(left + tile.left_pixel * rows + tile.left_chunk * 4, dy + at, channels);
        }
UNROLL
        for (int i = 0; i < depth / Tile::right_step; i++) {
            const int row = tile.right_pixel + i * Tile::right_step, channels = tile.find_right(step, row, at);
            copy_floats<T, vector>(right + row * columns + tile.right_chunk * 4, x + at, channels);
        }
    };

    const int tx = threadIdx.x % side, ty = threadIdx.x / side;
    float sums[thread_rows][thread_quads][4] = {};
    pipeline<stages>(tile.steps, copy, [&](int step) {
        const float *left = tiles[step % stages], *right = left + depth * rows;
        for (int k = 0; k < depth; k++) {
            float a[thread_rows], b[thread_quads][4];
            load<thread_rows>(left + k * rows + ty * thread_rows, a);
UNROLL
            for (int j = 0; j < thread_quads; j++) load<4>(right + k * columns + (j * side + tx) * 4, b[j]);
UNROLL
            for (int i = 0; i < thread_rows; i++)
UNROLL
                for (int j = 0; j < thread_quads; j++)
UNROLL
                    for (int e = 0; e < 4; e++) sums[i][j][e] = fmaf(a[i], b[j][e], sums[i][j][e]);
        }
    });

UNROLL
    for (int i = 0; i < thread_rows; i++) {
        const int row = tile.first_row + ty * thread_rows + i;
UNROLL
        for (int j = 0; j < thread_quads; j++) {
            const int at = tile.first_column + (j * side + tx) * 4;
            if (row < s.oc && at < tile.all_columns) store<4>(partial + tile.partial_at(row, at), sums[i][j]);
        }
    }
}

KERNEL(conv2d_weight_fma<float, 64, 64, true>)
KERNEL(conv2d_weight_fma<float, 32, 128, true>)
KERNEL(conv2d_weight_fma<float, 32, 128, false>)
KERNEL(conv2d_weight_fma<half, 64, 64, true>)
KERNEL(conv2d_weight_fma<half, 32, 128, true>)
KERNEL(conv2d_weight_fma<half, 32, 128, false>)
KERNEL(conv2d_weight_fma<bf16, 64, 64, true>)
KERNEL(conv2d_weight_fma<bf16, 32, 128, true>)
KERNEL(conv2d_weight_fma<bf16, 32, 128, false>)
