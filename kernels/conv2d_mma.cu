// Convolution forward and its data gradient by tensor cores, as the product of conv2d_gemm.cuh: maps of half or bf16,
// sums in float.
//
// Bytes: a block reads `rows` pixels and `columns` output channels along the sum for rows·columns results: every number
// of the map is read (kh·kw/stride² times, from the L2 cache at the second) for each `columns` output channels.
// FLOPs: 2·pixels·channels·kh·kw·ic. A step of 32 numbers along the sum is 2 instructions of 4096 FLOPs for every
// 16×8 results of a warp, fed by 16-byte loads of 8×8 matrices: 64×32 results take 12 such loads for 32 instructions.
// Threads: warps of 64×32 or 32×32 results each, in registers. Copies of the next three (of the largest tile: two)
// steps' numbers go on while this one's are multiplied; where copies pass through registers (sm_75) only the next step's.
// All tiles fit in the 48 KiB that a block has without asking.
#include "conv2d_gemm.cuh"
#include "copy_chunk.cuh"
#include "mma.cuh"

namespace {

constexpr int warp_columns = 32;
constexpr int step_depth = 32;  // numbers along the sum: 64 bytes a row

template <int rows, int columns>
constexpr int warp_rows = rows == 128 && columns >= 64 ? 64 : 32;

template <int rows, int columns>
constexpr int block_threads = rows * columns / (warp_rows<rows, columns> * warp_columns) * warp_size;

// Blocks of a multiprocessor at once that leave each thread the registers it needs: 128, or twice that for copies in them.
template <int rows, int columns>
constexpr int resident_blocks = (copies_are_async ? 512 : 256) / block_threads<rows, columns>;

// Which output channel is row `row` of the channels' tile. Lane 4·g + t holds columns 2·t and 2·t+1 of the product's four
// 16×8 parts: given channels 8·t + 2·j and 8·t + 2·j+1 for those of part j, it holds eight neighbouring channels, which
// one store of 16 bytes writes.
DEVICE int channel_of_row(int row) {
    const int part = row % warp_columns / 8, t = row % 8 / 2, e = row % 2;
    return row / warp_columns * warp_columns + t * 8 + part * 2 + e;
}

}  // namespace

// x: the map that is read, dense, in_c channels. w [out_c, kh, kw, pitch], pitch = in_c rounded up to a multiple of 8.
// vector: in_c is a multiple of 8. bias may be null. grid: (tiles of pixels × tiles of channels, 1, phases).
template <class T, int rows, int columns, bool vector>
__global__ __launch_bounds__((block_threads<rows, columns>), (resident_blocks<rows, columns>)) void conv2d_mma(
    Conv2d s, int backward, const T* x, const T* w, int pitch, const float* bias, void* y, int y_is_float) {
    constexpr int threads = block_threads<rows, columns>, tile_numbers = (rows + columns) * step_depth;
    constexpr int stages = !copies_are_async ? 2 : 4 * tile_numbers * sizeof(T) <= 48 << 10 ? 4 : 3;
    constexpr int copied_rows = threads / row_chunks;  // by one copy of every thread
    constexpr int row_copies = rows / copied_rows, column_copies = (columns + copied_rows - 1) / copied_rows;
    __shared__ __align__(16) T tiles[stages][tile_numbers];

    const Product g = backward ? backward_product(s, blockIdx.z) : forward_product(s);
    const int channel_tiles = (g.out_c + columns - 1) / columns;
    const int first_pixel = blockIdx.x / channel_tiles * rows, first_channel = blockIdx.x % channel_tiles * columns;
    if (first_pixel >= g.pixels()) return;

    // A thread copies the same chunk of several rows.
    const int chunk = threadIdx.x % row_chunks, copied = threadIdx.x / row_chunks;
    const Pixels<row_copies> pixels(g, first_pixel + copied, copied_rows);
    Walk k = {0, 0, 0};
    k.advance(chunk * 8, pitch, g.taps_w);
    const int steps = (g.taps_h * g.taps_w * pitch + step_depth - 1) / step_depth;

    const auto copy = [&](int step) {
        T *left = tiles[step % stages], *right = left + rows * step_depth;
        const bool tap = k.r < g.taps_h;
        const int offset = g.direction * (k.r * g.in_w + k.t) * g.in_c + k.c;
UNROLL
        for (int i = 0; i < row_copies; i++) {
            const bool inside = tap && pixels.inside(g, i, k.r, k.t);
            copy_chunk<T, vector>(chunk_at(left, copied + i * copied_rows, chunk), x + (inside ? pixels.at[i] + offset : 0), inside ? g.in_c - k.c : 0);
        }
        const int weight = ((g.weight_top + k.r * g.weight_step) * s.kw + g.weight_left + k.t * g.weight_step) * pitch + k.c;
UNROLL
        for (int i = 0; i < column_copies; i++) {
            const int row = copied + i * copied_rows, channel = first_channel + channel_of_row(row);
            const bool inside = tap && channel < g.out_c;
            if (row < columns) copy_chunk<T, true>(chunk_at(right, row, chunk), w + (inside ? channel * s.kh * s.kw * pitch + weight : 0), inside ? 8 : 0);
        }
        k.advance(step_depth, pitch, g.taps_w);
    };

    constexpr int parts_down = warp_rows<rows, columns> / 16, parts_across = warp_columns / 8;
    const int lane = threadIdx.x % warp_size, warp = threadIdx.x / warp_size;
    const int warp_row = warp / (columns / warp_columns) * warp_rows<rows, columns>, warp_column = warp % (columns / warp_columns) * warp_columns;
    float sums[parts_down][parts_across][4] = {};
    pipeline<stages>(steps, copy, [&](int step) {
        const T *left = tiles[step % stages], *right = left + rows * step_depth;
UNROLL
        for (int c = 0; c < row_chunks; c += 2) {
            unsigned a[parts_down][4], b[parts_across][2];
UNROLL
            for (int i = 0; i < parts_down; i++) load_matrices(a[i], chunk_at(left, warp_row + i * 16 + lane % 16, c + lane / 16));
UNROLL
            for (int j = 0; j < parts_across; j += 2) {
                unsigned two[4];
                load_matrices(two, chunk_at(right, warp_column + j * 8 + lane / 16 * 8 + lane % 8, c + lane / 8 % 2));
                b[j][0] = two[0], b[j][1] = two[1], b[j + 1][0] = two[2], b[j + 1][1] = two[3];
            }
UNROLL
            for (int i = 0; i < parts_down; i++)
UNROLL
                for (int j = 0; j < parts_across; j++) multiply(sums[i][j], a[i], b[j], T{});
        }
    });

    const int out = first_channel + warp_column + lane % 4 * 8;
    float added[8] = {};
UNROLL
    for (int e = 0; e < 8; e++)
        if (bias && out + e < g.out_c) added[e] = bias[out + e];
UNROLL
    for (int i = 0; i < parts_down * 2; i++) {
        const int pixel = first_pixel + warp_row + i * 8 + lane / 4;
        if (pixel >= g.pixels()) continue;
        const long long at = result_at(g, pixel) + out;
        float results[8];
UNROLL
        for (int e = 0; e < 8; e++) results[e] = sums[i / 2][e / 2][i % 2 * 2 + e % 2] + added[e];
        if (g.out_c % 8 == 0) {
            if (out < g.out_c) store_results<T>(y, y_is_float, at, results);
        } else {
UNROLL
            for (int e = 0; e < 8; e++)
                if (out + e < g.out_c) store_result<T>(y, y_is_float, at + e, results[e]);
        }
    }
}

KERNEL(conv2d_mma<half, 128, 128, true>)
KERNEL(conv2d_mma<half, 128, 64, true>)
KERNEL(conv2d_mma<half, 128, 32, true>)
KERNEL(conv2d_mma<half, 64, 64, true>)
KERNEL(conv2d_mma<half, 128, 32, false>)
KERNEL(conv2d_mma<bf16, 128, 128, true>)
KERNEL(conv2d_mma<bf16, 128, 64, true>)
KERNEL(conv2d_mma<bf16, 128, 32, true>)
KERNEL(conv2d_mma<bf16, 64, 64, true>)
KERNEL(conv2d_mma<bf16, 128, 32, false>)
