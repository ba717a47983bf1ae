// Convolution forward and its data gradient by fused multiply-adds, as the product of conv2d_gemm.cuh: maps of floats on
// every GPU, maps of 16 bits where the GPU has no tensor cores for their type. Products and sums are float.
//
// Bytes: a block reads `rows` pixels and `columns` output channels along the sum for rows·columns results: every number
// of the map is read (kh·kw/stride² times, from the L2 cache at the second) for each `columns` output channels.
// A result's products are added in the sum's order, each by one fmaf: whatever the tile, the bits are the same.
// FLOPs: 2·pixels·channels·kh·kw·ic; 12 loads of 16 bytes from shared memory (in 64×64: 16, in 128×32: 20) feed 128
// multiply-adds of a thread.
// Threads: a block of 16×16 computes a tile of rows×columns results, each thread rows/16 × columns/16 of them, in
// registers: pixels ty, ty+16, … and columns/16 neighbouring channels. Copies of the next tiles' 16 numbers along the
// sum go on while this one's are multiplied.
#include "conv2d_gemm.cuh"
#include "copy_chunk.cuh"

namespace {

constexpr int fma_threads = 256, fma_depth = 16, fma_stages = 3;

}  // namespace

// x: the map that is read, dense, in_c channels. w [out_c, kh, kw, pitch], pitch = in_c rounded up to a multiple of 4.
// vector: in_c is a multiple of 4. bias may be null. grid: (tiles of pixels × tiles of channels, 1, phases).
template <class T, int rows, int columns, bool vector>
__global__ __launch_bounds__(fma_threads, 2) void conv2d_fma(
    Conv2d s, int backward, const T* x, const T* w, int pitch, const float* bias, void* y, int y_is_float) {
    constexpr int side = 16, thread_rows = rows / side, thread_columns = columns / side;
    constexpr int copied_rows = fma_threads / row_chunks;  // by one copy of every thread
    __shared__ __align__(16) float tiles[fma_stages][(rows + columns) * fma_depth];

    const Product g = backward ? backward_product(s, blockIdx.z) : forward_product(s);
    const int channel_tiles = (g.out_c + columns - 1) / columns;
    const int first_pixel = blockIdx.x / channel_tiles * rows, first_channel = blockIdx.x % channel_tiles * columns;
    if (first_pixel >= g.pixels()) return;

    // A thread copies the same chunk of several rows.
    const int chunk = threadIdx.x % row_chunks, copied = threadIdx.x / row_chunks;
    const Pixels<rows / copied_rows> pixels(g, first_pixel + copied, copied_rows);
    Walk k = {0, 0, 0};
    k.advance(chunk * 4, pitch, g.taps_w);
    const int steps = (g.taps_h * g.taps_w * pitch + fma_depth - 1) / fma_depth;
    // Row j·16 + i of the channels' tile is channel i·thread_columns + j: the threads' reads are then of neighbouring rows.
    const int channel = first_channel + copied % side * thread_columns + copied / side;

    const auto copy = [&](int step) {
        float* tile = tiles[step % fma_stages];
        const bool tap = k.r < g.taps_h;
        const int offset = g.direction * (k.r * g.in_w + k.t) * g.in_c + k.c;
UNROLL
        for (int i = 0; i < rows / copied_rows; i++) {
            const bool inside = tap && pixels.inside(g, i, k.r, k.t);
            copy_floats<T, vector>(chunk_at(tile, copied + i * copied_rows, chunk), x + (inside ? pixels.at[i] + offset : 0), inside ? g.in_c - k.c : 0);
        }
        if (copied < columns) {
            const bool inside = tap && channel < g.out_c;
            const int at = ((channel * s.kh + g.weight_top + k.r * g.weight_step) * s.kw + g.weight_left + k.t * g.weight_step) * pitch + k.c;
            copy_floats<T, true>(chunk_at(tile + rows * fma_depth, copied, chunk), w + (inside ? at : 0), inside ? 4 : 0);
        }
        k.advance(fma_depth, pitch, g.taps_w);
    };

    const int tx = threadIdx.x % side, ty = threadIdx.x / side;
    float sums[thread_rows][thread_columns] = {};
    pipeline<fma_stages>(steps, copy, [&](int step) {
        const float *left = tiles[step % fma_stages], *right = left + rows * fma_depth;
        for (int c = 0; c < row_chunks; c++) {
            float b[thread_columns][4];
UNROLL
            for (int j = 0; j < thread_columns; j++) load<4>(chunk_at(right, j * side + tx, c), b[j]);
UNROLL
            for (int i = 0; i < thread_rows; i++) {
                float a[4];
                load<4>(chunk_at(left, ty + i * side, c), a);
UNROLL
                for (int j = 0; j < thread_columns; j++)
UNROLL
                    for (int e = 0; e < 4; e++) sums[i][j] = fmaf(a[e], b[j][e], sums[i][j]);
            }
        }
    });

    const int out = first_channel + tx * thread_columns;
    float added[thread_columns] = {};
UNROLL
    for (int j = 0; j < thread_columns; j++)
        if (bias && out + j < g.out_c) added[j] = bias[out + j];
UNROLL
    for (int i = 0; i < thread_rows; i++) {
        const int pixel = first_pixel + ty + i * side;
        if (pixel >= g.pixels()) continue;
        const long long at = result_at(g, pixel) + out;
UNROLL
        for (int j = 0; j < thread_columns; j++) sums[i][j] += added[j];
        if (g.out_c % thread_columns == 0) {
            if (out < g.out_c) store_results<T>(y, y_is_float, at, sums[i]);
        } else {
UNROLL
            for (int j = 0; j < thread_columns; j++)
                if (out + j < g.out_c) store_result<T>(y, y_is_float, at + j, sums[i][j]);
        }
    }
}

KERNEL(conv2d_fma<float, 128, 64, true>)
KERNEL(conv2d_fma<float, 128, 32, true>)
KERNEL(conv2d_fma<float, 64, 64, true>)
KERNEL(conv2d_fma<float, 128, 32, false>)
KERNEL(conv2d_fma<half, 128, 64, true>)
KERNEL(conv2d_fma<half, 128, 32, true>)
KERNEL(conv2d_fma<half, 64, 64, true>)
KERNEL(conv2d_fma<half, 128, 32, false>)
KERNEL(conv2d_fma<bf16, 128, 64, true>)
KERNEL(conv2d_fma<bf16, 128, 32, true>)
KERNEL(conv2d_fma<bf16, 64, 64, true>)
KERNEL(conv2d_fma<bf16, 128, 32, false>)
