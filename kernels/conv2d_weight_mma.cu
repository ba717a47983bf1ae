// A convolution's weight gradient by tensor cores, as the product of conv2d_weight.cuh: maps of half or bf16, sums in
// float.
//
// Bytes: dy is read for each `columns` columns of x', and x (kh·kw times, from the L2 cache at the second) for each
// `rows` output channels. FLOPs: 2·pixels·oc·kh·kw·ic.
// Threads: four warps of 32×32 sums each, in registers. In shared memory lie `depth` pixels of both maps, channels side
// by side, as in the maps. The sum goes over pixels, down the rows of both: the loads of 8×8 matrices turn them over.
#include "conv2d_weight.cuh"
#include "copy_chunk.cuh"
#include "mma.cuh"

namespace {

// Chunk `chunk` of row `row` of a tile with `chunks` of them a row. They are swapped about within a row (chunk xor row)
// so that eight rows' chunk i, which one load of matrices reads at once, are in eight different groups of four banks.
template <int chunks, class T>
DEVICE T* chunk_of(T* tile, int row, int chunk) {
    return tile + (row * chunks + (chunk ^ (chunks >= 8 ? row & 7 : row >> 1 & 3))) * vector_width<T>;
}

}  // namespace

// vector: ic and oc are multiples of 8. pitch: ic rounded up to a multiple of 8. split_pixels: a multiple of 32.
template <class T, int rows, int columns, bool vector>
__global__ __launch_bounds__(128, copies_are_async ? 4 : 2) void conv2d_weight_mma(Conv2d s, const T* x, const T* dy, int pitch, int split_pixels, float* partial) {
    constexpr int threads = 128, depth = 32, stages = copies_are_async ? 4 : 2;
    using Tile = WeightTile<rows, columns, 8, threads, depth>;
    __shared__ __align__(16) T tiles[stages][depth * (rows + columns)];

    Tile tile(s, pitch, split_pixels);

    const auto copy = [&](int step) {
        T *left = tiles[step % stages], *right = left + depth * rows;
        int at;
UNROLL
        for (int i = 0; i < depth / Tile::left_step; i++) {
            const int row = tile.left_pixel + i * Tile::left_step, channels = tile.find_left(step, row, at);
            copy_chunk<T, vector>(chunk_of<Tile::left_chunks>(left, row, tile.left_chunk), dy + at, channels);
        }
UNROLL
        for (int i = 0; i < depth / Tile::right_step; i++) {
            const int row = tile.right_pixel + i * Tile::right_step, channels = tile.find_right(step, row, at);
            copy_chunk<T, vector>(chunk_of<Tile::right_chunks>(right, row, tile.right_chunk), x + at, channels);
        }
    };

    const int lane = threadIdx.x % warp_size, warp = threadIdx.x / warp_size;
    const int warp_row = warp / (columns / 32) * 32, warp_column = warp % (columns / 32) * 32;
    float sums[2][4][4] = {};
    pipeline<stages>(tile.steps, copy, [&](int step) {
        const T *left = tiles[step % stages], *right = left + depth * rows;
UNROLL
        for (int k = 0; k < depth; k += 16) {
            unsigned a[2][4], b[4][2];
            // A's registers in turn: 8×8 matrices with pixels 0–7 and channels 0–7, then channels 8–15, then both of pixels 8–15.
UNROLL
            for (int i = 0; i < 2; i++)
                load_matrices_transposed(a[i], chunk_of<Tile::left_chunks>(left, k + lane / 16 * 8 + lane % 8, (warp_row + i * 16) / 8 + lane / 8 % 2));
            // B's: pixels 0–7, then 8–15, of two parts of 8 columns.
UNROLL
            for (int j = 0; j < 4; j += 2) {
                unsigned two[4];
                load_matrices_transposed(two, chunk_of<Tile::right_chunks>(right, k + lane % 16, (warp_column + j * 8) / 8 + lane / 16));
                b[j][0] = two[0], b[j][1] = two[1], b[j + 1][0] = two[2], b[j + 1][1] = two[3];
            }
UNROLL
            for (int i = 0; i < 2; i++)
UNROLL
                for (int j = 0; j < 4; j++) multiply(sums[i][j], a[i], b[j], T{});
        }
    });

UNROLL
    for (int i = 0; i < 4; i++) {
        const int row = tile.first_row + warp_row + i * 8 + lane / 4;
UNROLL
        for (int j = 0; j < 4; j++) {
            const int at = tile.first_column + warp_column + j * 8 + lane % 4 * 2;
            const float two[2] = {sums[i / 2][j][i % 2 * 2], sums[i / 2][j][i % 2 * 2 + 1]};
            if (row < s.oc && at < tile.all_columns) store<2>(partial + tile.partial_at(row, at), two);
        }
    }
}

KERNEL(conv2d_weight_mma<half, 64, 64, true>)
KERNEL(conv2d_weight_mma<half, 32, 128, true>)
KERNEL(conv2d_weight_mma<half, 32, 128, false>)
KERNEL(conv2d_weight_mma<bf16, 64, 64, true>)
KERNEL(conv2d_weight_mma<bf16, 32, 128, true>)
KERNEL(conv2d_weight_mma<bf16, 32, 128, false>)
