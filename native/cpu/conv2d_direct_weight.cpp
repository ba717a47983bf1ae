// Direct weight gradient: dw[o,kh,kw,c] += Σ over n, i, j of dy[n,i,j,o] · x[n, i·stride+kh−pad, j·stride+kw−pad, c].
//
// For one kernel row this is a matrix product whose inner dimension runs over output pixels: the kw·c numbers
// under a pixel are contiguous in x (they are broadcast), dy's channels are the vectors.
// The pixels are cut into a number of chunks that depends on the shape only; each chunk sums into its own
// partial gradient, and the partials are added in order.
#include "conv2d_direct.h"
#include "conv2d_tile.h"
#include "conv2d_window.h"
#include "workspace.h"

#include <algorithm>

namespace nt::conv::direct {
namespace {

constexpr int block_pixels = 96;  // pixels summed in registers before a tile is added to the partial gradient
constexpr int max_chunks = 8;

struct Operand {
    const float* a;  // x under the first pixel
    ptrdiff_t a_row, a_pixel;
    const float* b;  // dy at the first pixel
    ptrdiff_t b_row, b_pixel;
    int rows, columns;
};

// partial[M][N vectors] += Σ over pixels of x[pixel][m] · dy[pixel][n]
template <int M, int N>
struct Product {
    static void run(const Operand& in, float* partial) {
        Tile<M, N> acc;
#pragma GCC unroll 16
        for (int m = 0; m < M; m++)
#pragma GCC unroll 2
            for (int n = 0; n < N; n++) acc[m][n] = Vec{};
        for (int r = 0; r < in.rows; r++)
            multiply_add<M, N>(acc, in.a + r * in.a_row, 1, in.a_pixel, in.b + r * in.b_row, in.b_pixel, in.columns);
#pragma GCC unroll 16
        for (int m = 0; m < M; m++)
#pragma GCC unroll 2
            for (int n = 0; n < N; n++) {
                float* p = partial + (m * N + n) * width;
                store(p, load(p) + acc[m][n]);
            }
    }
};

// Adds one block of pixels to `partial`: per panel of oc, [kh][kw·c][panel width].
void block(const nt_conv2d_shape& s, Operand in, float* partial) {
    const int row_steps = s.kw * s.ic;
    const float *a = in.a, *b = in.b;
    for (int panel = 0; panel < panels(s.oc); panel++) {
        const int vectors = vectors_of(s.oc, panel);
        const int tiles = (row_steps + max_rows(vectors) - 1) / max_rows(vectors);
        in.b = b + panel * panel_width;
        for (int kh = 0; kh < s.kh; kh++) {
            const float* under = a + kh * (in.a_row / s.stride);
            for (int t = 0; t < tiles; t++) {
                const int first = cut(row_steps, tiles, t), count = cut(row_steps, tiles, t + 1) - first;
                in.a = under + first;
                dispatch<Product, const Operand&, float*>(count, vectors, in, partial);
                partial += count * vectors * width;
            }
        }
    }
}

// dw[o][k] += Σ over chunks of partial[chunk][panel][k][o]
void add_partials(const float* partial, int chunks, int steps, int oc, float* dw) {
    const size_t size = size_t(steps) * padded(oc);
#pragma omp parallel for schedule(static)
    for (int panel = 0; panel < panels(oc); panel++) {
        const int first = panel * panel_width, n = vectors_of(oc, panel) * width, used = std::min(n, oc - first);
        for (int k = 0; k < steps; k++) {
            float sum[panel_width] = {};
            for (int chunk = 0; chunk < chunks; chunk++) {
                const float* p = partial + chunk * size + size_t(first) * steps + size_t(k) * n;
                for (int i = 0; i < n; i++) sum[i] += p[i];
            }
            for (int i = 0; i < used; i++) dw[size_t(first + i) * steps + k] += sum[i];
        }
    }
}

// dy's channels padded to whole vectors, so that a tile may read them
void copy_padded(const float* dy, ptrdiff_t row, int rows, int columns, int oc, float* out) {
    const int to = padded(oc);
    for (int r = 0; r < rows; r++)
        for (int c = 0; c < columns; c++, out += to) {
            std::memcpy(out, dy + r * row + ptrdiff_t{c} * oc, oc * sizeof(float));
            std::memset(out + oc, 0, (to - oc) * sizeof(float));
        }
}

}  // namespace

void backward_weight(const nt_conv2d_shape& shape, const float* x, const float* dy, float* dw) {
    nt_conv2d_shape s = shape;
    if (s.kh == 1 && s.kw == 1 && s.stride == 1 && s.pad == 0) {  // pixels have no neighbours: one long row
        s.w *= s.n * s.h;
        s.n = s.h = 1;
    }
    const int oh = output_height(s), ow = output_width(s), steps = s.kh * s.kw * s.ic;
    const int column_blocks = (ow + block_pixels - 1) / block_pixels;
    const int rows_wanted = std::max(1, block_pixels * column_blocks / ow);
    const int row_blocks = (oh + rows_wanted - 1) / rows_wanted;
    const int64_t blocks = int64_t{s.n} * row_blocks * column_blocks;
    const int chunks = std::min<int64_t>(blocks, max_chunks);
    const size_t size = size_t(steps) * padded(s.oc);
    const bool copy = s.kh > 1 || s.kw > 1 || s.pad > 0;

    thread_local Workspace partials;
    float* partial = partials.floats(chunks * size);
#pragma omp parallel for schedule(dynamic)
    for (int chunk = 0; chunk < chunks; chunk++) {
        thread_local Workspace window, gradient;
        std::fill_n(partial + chunk * size, size, 0.f);
        for (int64_t index = cut(blocks, chunks, chunk); index < cut(blocks, chunks, chunk + 1); index++) {
            const int n = index / (row_blocks * column_blocks), rb = index / column_blocks % row_blocks, cb = index % column_blocks;
            const int i = cut(oh, row_blocks, rb), rows = cut(oh, row_blocks, rb + 1) - i;
            const int j = cut(ow, column_blocks, cb), columns = cut(ow, column_blocks, cb + 1) - j;
            const int top = i * s.stride - s.pad, left = j * s.stride - s.pad;
            const float* image = x + size_t(n) * s.h * s.w * s.ic;

            Operand in{};
            in.rows = rows;
            in.columns = columns;
            in.a_pixel = ptrdiff_t{s.stride} * s.ic;
            if (copy) {
                const int in_rows = (rows - 1) * s.stride + s.kh, in_columns = (columns - 1) * s.stride + s.kw;
                float* a = window.floats(size_t(in_rows) * in_columns * s.ic);
                copy_window(image, s.h, s.w, s.ic, top, left, in_rows, in_columns, a);
                in.a = a;
                in.a_row = ptrdiff_t{s.stride} * in_columns * s.ic;
            } else {
                in.a = image + (ptrdiff_t{top} * s.w + left) * s.ic;
                in.a_row = ptrdiff_t{s.stride} * s.w * s.ic;
            }
            in.b = dy + ((ptrdiff_t{n} * oh + i) * ow + j) * s.oc;
            in.b_row = ptrdiff_t{ow} * s.oc;
            in.b_pixel = s.oc;
            if (padded(s.oc) != s.oc) {
                float* b = gradient.floats(size_t(rows) * columns * padded(s.oc));
                copy_padded(in.b, in.b_row, rows, columns, s.oc, b);
                in.b = b;
                in.b_pixel = padded(s.oc);
                in.b_row = columns * in.b_pixel;
            }
            block(s, in, partial + chunk * size);
        }
    }
    add_partials(partial, chunks, steps, s.oc, dw);
}

}  // namespace nt::conv::direct
