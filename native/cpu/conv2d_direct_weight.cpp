// Direct weight gradient: dw[o,kh,kw,c] += Σ over n, i, j of dy[n,i,j,o] · x[n, i·stride+kh−pad, j·stride+kw−pad, c].
//
// For one kernel row this is a matrix product whose inner dimension runs over output pixels: the kw·c numbers
// under a pixel are contiguous in x (they are broadcast), dy's channels are the vectors.
// The pixels are cut into a number of chunks that depends on the shape only; each chunk sums into its own
// partial gradient, and the partials are added in order.
#include "conv2d_direct.h"
#include "conv2d_partials.h"
#include "conv2d_tile.h"
#include "conv2d_window.h"
#include "parallel.h"
#include "workspace.h"

#include <algorithm>
#include <cstring>

namespace nt::conv::direct {
namespace {

constexpr int block_columns = 96;   // pixels of a row that a block takes
constexpr int block_pixels = 96;    // a block has about this many at least, so that a tile's sums pay for its writing
constexpr int block_floats = 6144;  // and more, up to four rows, while its inputs stay in the L1 cache
constexpr int max_chunks = 8;

// A block of output pixels, with x copied so that one pixel's numbers lie `pitch` floats from its neighbour's.
struct Block {
    const float* x;
    ptrdiff_t pitch, x_row;  // x_row: from an input row to the next
    const float* dy;         // per panel of oc: [rows][columns][panel width]
    int rows, columns;
};

// Tiles side by side along a kernel row.
struct Strip {
    const float* a;
    ptrdiff_t a_row, a_pixel;
    const float* b;
    int rows, columns;
    float* partial;
};

// partial[M][N vectors] += Σ over pixels of x[pixel][m] · dy[pixel][n]
template <int M, int N>
struct Product {
    static __attribute__((noinline)) void run(const Strip& s, int tiles) {
        for (int t = 0; t < tiles; t++) {
            Tile<M, N> acc;
#pragma GCC unroll 16
            for (int m = 0; m < M; m++)
#pragma GCC unroll 2
                for (int n = 0; n < N; n++) acc[m][n] = Vec{};
            const float *a = s.a + t * M, *b = s.b;
            for (int r = 0; r < s.rows; r++, a += s.a_row, b += s.columns * N * width)
                multiply_add<M, N>(acc, a, 1, s.a_pixel, b, N * width, s.columns);
            float* p = s.partial + t * M * N * width;
#pragma GCC unroll 16
            for (int m = 0; m < M; m++)
#pragma GCC unroll 2
                for (int n = 0; n < N; n++, p += width) store(p, load(p) + acc[m][n]);
        }
    }
};

// Adds a block of pixels to `partial`: per panel of oc, [kh][kw·c][panel width].
void add_block(const nt_conv2d_shape& s, const Block& block, float* partial) {
    // Where pixels are dense, the kw·c numbers under a pixel are contiguous; else the c of each tap are.
    const bool dense = block.pitch == s.ic;
    const int taps = dense ? 1 : s.kw, steps = dense ? s.kw * s.ic : s.ic;
    Strip strip{nullptr, s.stride * block.x_row, s.stride * block.pitch, block.dy, block.rows, block.columns, partial};
    for (int panel = 0; panel < panels(s.oc); panel++) {
        const int vectors = vectors_of(s.oc, panel), n = vectors * width;
        const Tiling tiling(steps, max_rows(vectors));
        const auto larger = kernel<Product>(tiling.rows + 1 > max_rows(vectors) ? 1 : tiling.rows + 1, vectors);
        const auto others = kernel<Product>(tiling.rows, vectors);
        const int done = tiling.larger * (tiling.rows + 1);
        for (int kh = 0; kh < s.kh; kh++)
            for (int tap = 0; tap < taps; tap++) {
                strip.a = block.x + kh * block.x_row + tap * block.pitch;
                larger(strip, tiling.larger);
                strip.a += done;
                strip.partial += done * n;
                others(strip, tiling.others);
                strip.partial += (steps - done) * n;
            }
        strip.b += ptrdiff_t{block.rows} * block.columns * n;
    }
}

// dw[o][k] += Σ over chunks of partial[chunk][panel][k][o]
void add_panels(const float* partial, int chunks, int steps, int oc, float* dw) {
    const size_t size = size_t(steps) * padded(oc);
    parallel_for(panels(oc), [&](int64_t panel) {
        const int first = panel * panel_width, n = vectors_of(oc, panel) * width, used = std::min(n, oc - first);
        for (int k = 0; k < steps; k++) {
            float sum[panel_width] = {};
            for (int chunk = 0; chunk < chunks; chunk++) {
                const float* p = partial + chunk * size + size_t(first) * steps + size_t(k) * n;
                for (int i = 0; i < n; i++) sum[i] += p[i];
            }
            for (int i = 0; i < used; i++) dw[size_t(first + i) * steps + k] += sum[i];
        }
    });
}

// dy of a block, panel by panel: [panel][rows][columns][panel width], zeros in the padding.
void pack_gradient(Source dy, ptrdiff_t row, int rows, int columns, int oc, float* out) {
    thread_local Workspace converted;
    float* buffer = converted.floats(dy.is_float() ? 0 : size_t(columns) * oc);
    const int pixels = rows * columns, whole = oc / panel_width;
    for (int r = 0, pixel = 0; r < rows; r++) {
        const float* line = dy.read(r * row, int64_t{columns} * oc, buffer);
        for (int c = 0; c < columns; c++, pixel++) {
            const float* p = line + ptrdiff_t{c} * oc;
            float* to = out + pixel * panel_width;
            for (int panel = 0; panel < whole; panel++, p += panel_width, to += ptrdiff_t{pixels} * panel_width) {
                store(to, load(p));
                store(to + width, load(p + width));
            }
            if (whole == panels(oc)) continue;
            const int used = oc - whole * panel_width, n = vectors_of(oc, whole) * width;
            to = out + ptrdiff_t{pixels} * whole * panel_width + pixel * n;
            std::memcpy(to, p, used * sizeof(float));
            std::memset(to + used, 0, (n - used) * sizeof(float));
        }
    }
}

// Pixels a multiple of 512 bytes apart share few sets of the L1 cache: a column of them would not stay in it.
int pitch_of(const nt_conv2d_shape& s) { return int64_t{s.stride} * s.ic % 128 == 0 ? s.ic + cache_line : s.ic; }

}  // namespace

void backward_weight(const nt_conv2d_shape& shape, Source x, Source dy, float* dw) {
    nt_conv2d_shape s = shape;
    if (is_pointwise(s)) {  // pixels have no neighbours: one long row
        s.w *= s.n * s.h;
        s.n = s.h = 1;
    }
    const int oh = output_height(s), ow = output_width(s), steps = s.kh * s.kw * s.ic, pitch = pitch_of(s);
    const int column_blocks = (ow + block_columns - 1) / block_columns;
    const int64_t row_floats = std::max<int64_t>(1, int64_t{ow} * s.stride * s.ic / column_blocks);
    const int rows_wanted = std::max<int64_t>({1, std::min<int64_t>(4, block_floats / row_floats), int64_t{block_pixels} * column_blocks / ow});
    const int row_blocks = (oh + rows_wanted - 1) / rows_wanted;
    const int64_t blocks = int64_t{s.n} * row_blocks * column_blocks;
    const int chunks = std::min<int64_t>(blocks, max_chunks);
    const size_t size = size_t(steps) * padded(s.oc);

    float* partial = partial_room(chunks * size);
    parallel_tasks(chunks, [&](int64_t chunk) {
        thread_local Workspace gradient;
        std::fill_n(partial + chunk * size, size, 0.f);
        for (int64_t index = cut(blocks, chunks, chunk); index < cut(blocks, chunks, chunk + 1); index++) {
            const int n = index / (row_blocks * column_blocks), rb = index / column_blocks % row_blocks, cb = index % column_blocks;
            const int i = cut(oh, row_blocks, rb), rows = cut(oh, row_blocks, rb + 1) - i;
            const int j = cut(ow, column_blocks, cb), columns = cut(ow, column_blocks, cb + 1) - j;
            const Area area{i * s.stride - s.pad, j * s.stride - s.pad, (rows - 1) * s.stride + s.kh, (columns - 1) * s.stride + s.kw};
            float* in = window_room(size_t(area.rows) * area.columns * pitch);
            copy_window({x, n, s.h, s.w, s.ic}, area, pitch, in);
            float* packed = gradient.floats(size_t(rows) * columns * padded(s.oc));
            pack_gradient(Image(dy, n, oh, ow, s.oc).at(i, j), ptrdiff_t{ow} * s.oc, rows, columns, s.oc, packed);
            add_block(s, {in, pitch, ptrdiff_t{area.columns} * pitch, packed, rows, columns}, partial + chunk * size);
        }
    });
    add_panels(partial, chunks, steps, s.oc, dw);
}

}  // namespace nt::conv::direct
