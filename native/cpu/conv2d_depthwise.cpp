// Weight gradient of a depthwise convolution (groups = ic = oc): dw[c,kh,kw] += Σ over n, i, j of
// dy[n,i,j,c] · x[n, i·stride+kh−pad, j·stride+kw−pad, c]. Channels are the vectors, no sum crosses them, so
// the work is reading x and dy: a block of dy's rows meets each kernel row's rows of x, with one sum per tap held
// in registers. Blocks are cut into chunks by the shape only, each with its own partial sums, added in order.
#include "conv2d_depthwise.h"
#include "conv2d_partials.h"
#include "conv2d_tile.h"
#include "conv2d_window.h"
#include "parallel.h"
#include "workspace.h"

#include <algorithm>

namespace nt::conv::depthwise {
namespace {

constexpr int block_rows = 10;

// A block of output rows: `pitch` floats from pixel to pixel, x with its borders filled in.
struct Block {
    const float* x;
    ptrdiff_t x_row, x_step;  // from one output row, one output pixel, to the next
    const float* dy;
    int rows, columns;
    ptrdiff_t pitch;
};

// sums[h][w] += Σ over the block of dy[pixel] · x[pixel + (h, w)], for KH×KW neighbours and one vector of channels.
// `x` points at the first pixel's first neighbour, rows of neighbours lie in_row apart, rows of sums sums_row.
template <int KH, int KW>
void add_taps(const Block& b, const float* x, ptrdiff_t in_row, const float* dy, float* sums, ptrdiff_t sums_row) {
    Vec acc[KH][KW];
#pragma GCC unroll 4
    for (int h = 0; h < KH; h++)
#pragma GCC unroll 4
        for (int w = 0; w < KW; w++) acc[h][w] = load(sums + h * sums_row + w * b.pitch);
    for (int r = 0; r < b.rows; r++, x += b.x_row) {
        const float* p = x;
        for (int j = 0; j < b.columns; j++, p += b.x_step, dy += b.pitch) {
            const Vec g = load(dy);
#pragma GCC unroll 4
            for (int h = 0; h < KH; h++)
#pragma GCC unroll 4
                for (int w = 0; w < KW; w++) acc[h][w] += g * load(p + h * in_row + w * b.pitch);
        }
    }
#pragma GCC unroll 4
    for (int h = 0; h < KH; h++)
#pragma GCC unroll 4
        for (int w = 0; w < KW; w++) store(sums + h * sums_row + w * b.pitch, acc[h][w]);
}

// All taps: nine sums at once for 3×3 kernels, which keep the multipliers busy; others tap by tap.
void add_block(const Block& b, int kh, int kw, ptrdiff_t in_row, float* sums) {
    const ptrdiff_t sums_row = kw * b.pitch;
    for (int c = 0; c < b.pitch; c += width) {
        if (kh == 3 && kw == 3) {
            add_taps<3, 3>(b, b.x + c, in_row, b.dy + c, sums + c, sums_row);
            continue;
        }
        for (int h = 0; h < kh; h++)
            for (int w = 0; w < kw; w++)
                add_taps<1, 1>(b, b.x + h * in_row + w * b.pitch + c, in_row, b.dy + c, sums + h * sums_row + w * b.pitch + c, sums_row);
    }
}

}  // namespace

void add_chunks(const nt_conv2d_shape& s, float* sums, int64_t chunks, int pitch, float* dw) {
    const size_t taps = size_t(s.kh) * s.kw, size = taps * pitch;
    for (int64_t chunk = 1; chunk < chunks; chunk++)
#pragma omp simd
        for (size_t k = 0; k < size; k++) sums[k] += sums[chunk * size + k];
    for (int c = 0; c < s.ic; c++)
        for (size_t t = 0; t < taps; t++) dw[c * taps + t] += sums[t * pitch + c];
}

void backward_weight(const nt_conv2d_shape& s, Source x, Source dy, float* dw) {
    if (is_3x3(s)) return backward_weight_3x3(s, x, dy, dw);
    const int oh = output_height(s), ow = output_width(s), taps = s.kh * s.kw;
    const int pitch = padded(s.ic);  // channels of a copied pixel, whole vectors
    const int in_columns = (ow - 1) * s.stride + s.kw;
    const int row_blocks = (oh + block_rows - 1) / block_rows;
    const int64_t blocks = int64_t{s.n} * row_blocks;
    const int chunks = std::min<int64_t>(blocks, most_chunks);
    const size_t size = size_t(taps) * pitch;

    float* partial = partial_room(chunks * size);
    parallel_tasks(chunks, [&](int64_t chunk) {
        thread_local Workspace gradient;
        float* sums = partial + chunk * size;  // [kh][kw][pitch]
        std::fill_n(sums, size, 0.f);
        for (int64_t index = cut(blocks, chunks, chunk); index < cut(blocks, chunks, chunk + 1); index++) {
            const int n = index / row_blocks, rb = index % row_blocks;
            const int i = cut(oh, row_blocks, rb), rows = cut(oh, row_blocks, rb + 1) - i;
            const Area area{i * s.stride - s.pad, -s.pad, (rows - 1) * s.stride + s.kh, in_columns};
            float* in = window_room(size_t(area.rows) * in_columns * pitch);
            float* g = gradient.floats(size_t(rows) * ow * pitch);
            copy_window({x, n, s.h, s.w, s.ic}, area, pitch, in);
            copy_window({dy, n, oh, ow, s.ic}, {i, 0, rows, ow}, pitch, g);
            const ptrdiff_t in_row = ptrdiff_t{in_columns} * pitch;
            const Block block{in, s.stride * in_row, ptrdiff_t{s.stride} * pitch, g, rows, ow, pitch};
            add_block(block, s.kh, s.kw, in_row, sums);
        }
    });
    add_chunks(s, partial, chunks, pitch, dw);
}

}  // namespace nt::conv::depthwise
