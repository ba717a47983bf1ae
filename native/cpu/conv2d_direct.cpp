// Direct forward and backward-data convolution, both as one operation, the correlation
//   y[n,i,j,o] = bias[o] + Σ over kh, kw, c of x[n, i·stride+kh−top, j·stride+kw−left, c] · w[kh,kw,c,o].
// In NHWC the kw·c numbers under one kernel row are contiguous, so a kernel row is a matrix product whose
// left operand is the map itself, with overlapping rows stride·c apart.
//
// The gradient of the data at stride 1 is the correlation of dy with the kernel turned by 180°. At stride s
// each residue (h mod s, w mod s) of dx meets its own subset of the taps: s² correlations at stride 1 that
// write every s-th pixel.
#include "conv2d_direct.h"
#include "conv2d_pack.h"
#include "conv2d_window.h"
#include "parallel.h"
#include "workspace.h"

#include <algorithm>

namespace nt::conv::direct {
namespace {

constexpr int block_columns = 96;   // outputs of a row that a task computes
constexpr int block_floats = 16384; // inputs of a task: they stay in the L2 cache
constexpr int least_tasks = 32;     // where the map allows it
constexpr int max_steps = 288;      // steps of one tile: a weight panel of that many rows (AVX2: 18 KiB, AVX-512: 36 KiB) stays in or near the L1 cache

struct Correlation {
    int n, h, w, c;                          // input map
    int kh, kw, stride, top, left;
    int out_h, out_w, out_c;
    ptrdiff_t y_image, y_row, y_pixel;       // strides of the output, in floats
    Source x{Type::f32, nullptr};
    const float* packed;                     // per panel of out_c: [kh][kw·c][panel width]
    const float* bias;                       // padded(out_c) numbers
    Target y{Type::f32, nullptr};

    bool reaches_outside() const {
        return top > 0 || left > 0 || (out_h - 1) * stride + kh - top > h || (out_w - 1) * stride + kw - left > w;
    }
};

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
        const int top = i * q.stride - q.top, left = j * q.stride - q.left;
        const Source image = q.x.from(int64_t{n} * q.h * q.w * q.c);
        const Target y = q.y.from(n * q.y_image + i * q.y_row + j * q.y_pixel);
        thread_local Workspace outputs;
        float* converted = outputs.floats(y.is_float() ? 0 : size_t(rows) * columns * q.out_c);
        const Outputs out = y.is_float() ? Outputs{y.floats(), q.y_row, q.y_pixel} : Outputs{converted, ptrdiff_t{columns} * q.out_c, q.out_c};
        if (copy) {
            const int in_rows = (rows - 1) * q.stride + q.kh, in_columns = (columns - 1) * q.stride + q.kw;
            thread_local Workspace window;
            float* a = window.floats(size_t(in_rows) * in_columns * q.c);
            copy_window(image, q.h, q.w, q.c, top, left, in_rows, in_columns, q.c, a);
            block(q, a, ptrdiff_t{in_columns} * q.c, rows, columns, out);
        } else {
            block(q, image.floats() + (ptrdiff_t{top} * q.w + left) * q.c, ptrdiff_t{q.w} * q.c, rows, columns, out);
        }
        if (!y.is_float()) write_block(q, converted, rows, columns, y);
    });
}

// Where pixels have no neighbours, all images are one long row.
void join_rows(Correlation& q) {
    q.out_w = q.w = q.n * q.h * q.w;
    q.out_h = q.h = q.n = 1;
}

// The pixels of dx at (row, column) modulo the stride. Pixel h = a·stride + row meets output (h+pad−kh)/stride
// where that is whole: for kh = kh0, kh0+stride, …; likewise columns.
void backward_data_residue(const nt_conv2d_shape& s, int row, int column, Source dy, const float* w, Target dx) {
    const int kh0 = (row + s.pad) % s.stride, kw0 = (column + s.pad) % s.stride;
    const int taps_h = kh0 < s.kh ? (s.kh - kh0 + s.stride - 1) / s.stride : 0;
    const int taps_w = kw0 < s.kw ? (s.kw - kw0 + s.stride - 1) / s.stride : 0;
    const int row_steps = taps_w * s.oc, steps = taps_h * row_steps, columns = padded(s.ic);

    Correlation q{};
    q.n = s.n, q.h = output_height(s), q.w = output_width(s), q.c = s.oc;
    q.kh = taps_h, q.kw = taps_w, q.stride = 1;
    q.top = taps_h - 1 - (row + s.pad) / s.stride;
    q.left = taps_w - 1 - (column + s.pad) / s.stride;
    q.out_h = (s.h - row + s.stride - 1) / s.stride;
    q.out_w = (s.w - column + s.stride - 1) / s.stride;
    q.out_c = s.ic;
    q.y_image = ptrdiff_t{s.h} * s.w * s.ic;
    q.y_row = ptrdiff_t{s.stride} * s.w * s.ic;
    q.y_pixel = ptrdiff_t{s.stride} * s.ic;
    q.x = dy;
    q.y = dx.from((int64_t{row} * s.w + column) * s.ic);
    if (steps == 0) {  // a kernel smaller than the stride leaves pixels unread
        for (int n = 0; n < q.n; n++)
            for (int i = 0; i < q.out_h; i++)
                for (int j = 0; j < q.out_w; j++)
                    std::memset(q.y.from(n * q.y_image + i * q.y_row + j * q.y_pixel).p, 0, s.ic * element_bytes(q.y.type));
        return;
    }

    float* packed = pack_buffer(size_t(steps + 1) * columns);
    // The correlation walks dy forwards, so the taps run backwards.
    pack(steps, s.ic, 1, packed, [&](int k) {
        const int kh = kh0 + (taps_h - 1 - k / row_steps) * s.stride;
        const int kw = kw0 + (taps_w - 1 - k % row_steps / s.oc) * s.stride;
        return w + ((size_t(k % s.oc) * s.kh + kh) * s.kw + kw) * s.ic;
    });
    float* zero_bias = packed + size_t(steps) * columns;
    std::fill_n(zero_bias, columns, 0.f);
    q.packed = packed;
    q.bias = zero_bias;
    if (is_pointwise(s)) join_rows(q);
    correlate(q);
}

}  // namespace

void forward(const nt_conv2d_shape& s, Source x, const float* w, const float* bias, Target y) {
    const int steps = s.kh * s.kw * s.ic, columns = padded(s.oc);
    float* packed = pack_buffer(size_t(steps + 1) * columns);
    pack(steps, s.oc, steps, packed, [=](int k) { return w + k; });
    float* padded_bias = packed + size_t(steps) * columns;
    std::fill_n(padded_bias, columns, 0.f);
    if (bias) std::copy_n(bias, s.oc, padded_bias);

    Correlation q{};
    q.n = s.n, q.h = s.h, q.w = s.w, q.c = s.ic;
    q.kh = s.kh, q.kw = s.kw, q.stride = s.stride, q.top = q.left = s.pad;
    q.out_h = output_height(s), q.out_w = output_width(s), q.out_c = s.oc;
    q.y_pixel = s.oc;
    q.y_row = ptrdiff_t{q.out_w} * s.oc;
    q.y_image = q.out_h * q.y_row;
    q.x = x;
    q.packed = packed;
    q.bias = padded_bias;
    q.y = y;
    if (is_pointwise(s)) join_rows(q);
    correlate(q);
}

void backward_data(const nt_conv2d_shape& s, Source dy, const float* w, Target dx) {
    for (int row = 0; row < std::min(s.stride, s.h); row++)
        for (int column = 0; column < std::min(s.stride, s.w); column++)
            backward_data_residue(s, row, column, dy, w, dx);
}

}  // namespace nt::conv::direct
