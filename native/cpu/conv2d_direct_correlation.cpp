// In NHWC the kw·c numbers under one kernel row are contiguous, so a kernel row is a matrix product whose left operand is the map itself, with
// overlapping rows stride·c apart. A task computes a block of one image's outputs; where the map is used as it lies, nothing is copied.
#include "conv2d_direct_correlation.h"
#include "conv2d_tile.h"
#include "conv2d_window.h"
#include "parallel.h"
#include "workspace.h"

#include <algorithm>
#include <cstring>

namespace nt::conv::direct {
namespace {

constexpr int block_columns = 96;   // outputs of a row that a task computes
constexpr int block_floats = 16384; // inputs of a task: they stay in the L2 cache
constexpr int least_tasks = 32;     // where the map allows it
constexpr int max_steps = 288;      // steps of one tile: a weight panel of that many rows (AVX2: 18 KiB, AVX-512: 36 KiB) stays in or near the L1 cache

// Tiles side by side along a row of outputs. Each sums over `segments` kernel rows of `steps` numbers.
struct Strip {
    const float* a;
    ptrdiff_t a_pixel, a_segment;
    const float* b;
    ptrdiff_t b_segment;
    int segments, steps;
    float* y;
    ptrdiff_t y_pixel;
    int columns;        // of the panel; the rest is padding
    const float* bias;  // where this is an output's first product; null to add to what is there
};

template <int M, int N>
struct Product {
    static __attribute__((noinline)) void run(const Strip& s, int tiles) {
        const bool whole = s.columns == N * width;
        alignas(64) float edge[M * N * width];  // stands in for y where a panel has padding
        const ptrdiff_t pixel = whole ? s.y_pixel : N * width;
        const float* a = s.a;
        float* y = s.y;
        for (int t = 0; t < tiles; t++, a += M * s.a_pixel, y += M * s.y_pixel) {
            float* p = whole ? y : edge;
            Tile<M, N> acc;
            if (s.bias) {
#pragma GCC unroll 16
                for (int m = 0; m < M; m++)
#pragma GCC unroll 2
                    for (int n = 0; n < N; n++) acc[m][n] = load(s.bias + n * width);
            } else {
                if (!whole)
                    for (int m = 0; m < M; m++) std::memcpy(p + m * pixel, y + m * s.y_pixel, s.columns * sizeof(float));
#pragma GCC unroll 16
                for (int m = 0; m < M; m++)
#pragma GCC unroll 2
                    for (int n = 0; n < N; n++) acc[m][n] = load(p + m * pixel + n * width);
            }
            for (int i = 0; i < s.segments; i++)
                multiply_add<M, N>(acc, a + i * s.a_segment, s.a_pixel, 1, s.b + i * s.b_segment, N * width, s.steps);
#pragma GCC unroll 16
            for (int m = 0; m < M; m++)
#pragma GCC unroll 2
                for (int n = 0; n < N; n++) store(p + m * pixel + n * width, acc[m][n]);
            if (!whole)
                for (int m = 0; m < M; m++) std::memcpy(y + m * s.y_pixel, p + m * pixel, s.columns * sizeof(float));
        }
    }
};

// Where a block's outputs go: distances from one row and one pixel to the next.
struct Outputs {
    float* y;
    ptrdiff_t row, pixel;
};

// One block of outputs: all panels, all kernel rows. `a` points at the input under its first output.
void block(const Correlation& q, const float* a, ptrdiff_t a_row, int rows, int columns, const Outputs& out) {
    const int row_steps = q.kw * q.c, total = q.kh * row_steps;
    const int segments = std::max(1, max_steps / row_steps);
    const int pieces = (row_steps + max_steps - 1) / max_steps;  // of a kernel row that is too long for one tile
    Strip strip{};
    strip.a_pixel = ptrdiff_t{q.stride} * q.c;
    strip.a_segment = a_row;
    strip.y_pixel = out.pixel;
    for (int panel = 0; panel < panels(q.out_c); panel++) {
        const int first = panel * panel_width, vectors = vectors_of(q.out_c, panel), n = vectors * width;
        const float* b = q.packed + size_t(first) * total;
        const Tiling tiling(columns, max_rows(vectors));
        const auto larger = kernel<Product>(tiling.rows + 1 > max_rows(vectors) ? 1 : tiling.rows + 1, vectors);
        const auto others = kernel<Product>(tiling.rows, vectors);
        strip.b_segment = ptrdiff_t{row_steps} * n;
        strip.columns = std::min(n, q.out_c - first);
        strip.bias = q.bias + first;
        for (int segment = 0; segment < q.kh; segment += segments) {
            strip.segments = std::min(segments, q.kh - segment);
            for (int piece = 0; piece < pieces; piece++) {
                const int begin = cut(row_steps, pieces, piece);
                strip.steps = cut(row_steps, pieces, piece + 1) - begin;
                strip.b = b + (ptrdiff_t{segment} * row_steps + begin) * n;
                for (int r = 0; r < rows; r++) {
                    strip.a = a + (ptrdiff_t{r} * q.stride + segment) * a_row + begin;
                    strip.y = out.y + r * out.row + first;
                    larger(strip, tiling.larger);
                    const int done = tiling.larger * (tiling.rows + 1);
                    strip.a += done * strip.a_pixel;
                    strip.y += done * strip.y_pixel;
                    others(strip, tiling.others);
                }
                strip.bias = nullptr;
            }
        }
    }
}

// Writes a block whose outputs were computed as dense rows: to y, at the map's distances.
void write_block(const Correlation& q, const float* numbers, int rows, int columns, Target y) {
    for (int r = 0; r < rows; r++, numbers += ptrdiff_t{columns} * q.out_c) {
        if (q.y_pixel == q.out_c) {
            y.write(r * q.y_row, int64_t{columns} * q.out_c, numbers);
            continue;
        }
        for (int c = 0; c < columns; c++) y.write(r * q.y_row + c * q.y_pixel, q.out_c, numbers + ptrdiff_t{c} * q.out_c);
    }
}

}  // namespace

void correlate(const Correlation& q) {
    const int column_blocks = (q.out_w + block_columns - 1) / block_columns;
    const int64_t row_floats = int64_t{q.out_w} * q.stride * q.stride * q.c / column_blocks;
    const int64_t rows_wanted = std::max<int64_t>(
        1, std::min(block_floats / row_floats, int64_t{q.n} * q.out_h * column_blocks / least_tasks));
    const int row_blocks = (q.out_h + rows_wanted - 1) / rows_wanted;
    const bool copy = q.reaches_outside() || !q.x.is_float();
    parallel_tasks(int64_t{q.n} * row_blocks * column_blocks, [&](int64_t task) {
        const int n = task / column_blocks / row_blocks, rb = task / column_blocks % row_blocks, cb = task % column_blocks;
        const int i = cut(q.out_h, row_blocks, rb), rows = cut(q.out_h, row_blocks, rb + 1) - i;
        const int j = cut(q.out_w, column_blocks, cb), columns = cut(q.out_w, column_blocks, cb + 1) - j;
        const Area area{i * q.stride - q.top, j * q.stride - q.left, (rows - 1) * q.stride + q.kh, (columns - 1) * q.stride + q.kw};
        const Image image(q.x, n, q.h, q.w, q.c);
        const Target y = q.y.from(n * q.y_image + i * q.y_row + j * q.y_pixel);
        thread_local Workspace outputs;
        float* converted = outputs.floats(y.is_float() ? 0 : size_t(rows) * columns * q.out_c);
        const Outputs out = y.is_float() ? Outputs{y.floats(), q.y_row, q.y_pixel} : Outputs{converted, ptrdiff_t{columns} * q.out_c, q.out_c};
        if (copy) {
            float* a = window_room(size_t(area.rows) * area.columns * q.c);
            copy_window(image, area, q.c, a);
            block(q, a, ptrdiff_t{area.columns} * q.c, rows, columns, out);
        } else {
            block(q, image.at(area.top, area.left).floats(), ptrdiff_t{q.w} * q.c, rows, columns, out);
        }
        if (!y.is_float()) write_block(q, converted, rows, columns, y);
    });
}

}  // namespace nt::conv::direct
