// Weight gradient on float maps as they lie: dw[o,kh,kw,c] += Σ over n, i, j of dy[n,i,j,o] · x[n, i·stride+kh−pad, j·stride+kw−pad, c].
//
// For a tap (kh, kw) this is a matrix product whose inner dimension runs over the output pixels that meet the map there: dy's
// channels are broadcast, x's are the vectors, and a sum lies where dw has it. Nothing is copied. Copies of blocks cost a third of a
// 1×1 kernel's time; what they were good for, that a block is in the cache when it is multiplied, prefetches do: while a
// block is multiplied, the tiles' steps ask for the next one, so that memory and multipliers work at the same time.
//
// Tasks are chunks of the pixels times slices of oc. Each chunk sums into a partial gradient of its own; these are added in order.
#include "conv2d_in_place.h"
#include "conv2d_partials.h"
#include "conv2d_tile.h"

#include <algorithm>

namespace nt::conv::in_place {
namespace {

// Pixels of a block, at least: so many that a tile's sums pay for its writing, which takes longer where dw leaves the L1 cache; so few
// that a panel of both maps stays near it.
constexpr int few_pixels = 128, many_pixels = 256;
constexpr int64_t large_gradient = 16384;  // floats
// Where chunks give few tasks, slices of oc make more, each of which reads all of the chunk's x.
constexpr int least_tasks = 12;
constexpr int slice_rows = 32;                // of oc, at least
constexpr int64_t partial_floats = 1 << 20;  // of all chunks

// What a tile sums, over rows of output pixels, and where to.
struct Strip {
    const float *x, *dy;
    ptrdiff_t x_pixel, x_row, dy_pixel, dy_row;  // to what the next pixel, the next row of pixels reads
    int rows, columns;
    ptrdiff_t ahead_x, ahead_dy;                 // from what a pixel reads to what it fetches
    float* out;
    ptrdiff_t out_row;
    bool first;                                  // of its chunk: nothing is there yet
};

// out[M][N vectors] (+)= Σ over pixels of dy[pixel][m] · x[pixel][n]
template <int M, int N>
struct Sum {
    static __attribute__((noinline)) void run(const Strip& s) {
        Tile<M, N> acc;
#pragma GCC unroll 16
        for (int m = 0; m < M; m++)
#pragma GCC unroll 2
            for (int n = 0; n < N; n++) {
                prefetch_to_write(s.out + m * s.out_row + n * width);
                acc[m][n] = Vec{};
            }
        for (int r = 0; r < s.rows; r++) {
            const float *x = s.x + r * s.x_row, *dy = s.dy + r * s.dy_row;
#pragma GCC unroll 2
            for (int j = 0; j < s.columns; j++, x += s.x_pixel, dy += s.dy_pixel) {
                prefetch(x + s.ahead_x);
                prefetch(dy + s.ahead_dy);
                multiply_add<M, N>(acc, dy, 1, 0, x, 0, 1);
            }
        }
        float* p = s.out;
#pragma GCC unroll 16
        for (int m = 0; m < M; m++, p += s.out_row)
#pragma GCC unroll 2
            for (int n = 0; n < N; n++) store(p + n * width, s.first ? acc[m][n] : load(p + n * width) + acc[m][n]);
    }
};

// The output pixels along one axis, [begin, end) of those given, that meet the map at tap k.
struct Meeting {
    int begin, end;
    Meeting(int from, int to, int k, int pad, int stride, int size)
        : begin(std::max(from, (pad - k + stride - 1) / stride)), end(std::max(begin, std::min(to, k > size - 1 + pad ? 0 : (size - 1 + pad - k) / stride + 1))) {}
};

// The output map in blocks of some rows and columns, and the blocks in chunks.
struct Blocks {
    nt_conv2d_shape s;
    int oh, ow, columns, rows;  // sizes, and how many blocks there are along each
    int chunks, slices;

    explicit Blocks(const nt_conv2d_shape& shape) : s(shape) {
        const int64_t size = int64_t{s.oc} * s.kh * s.kw * s.ic, pixels = output_size(s) / s.oc;
        chunks = std::max<int64_t>(1, std::min(pixel_chunks(pixels), partial_floats / size));
        const int block_pixels = size < large_gradient ? few_pixels : many_pixels;
        if (is_pointwise(s)) {  // pixels have no neighbours: one long row
            s.w *= s.n * s.h;
            s.n = s.h = 1;
        }
        oh = output_height(s), ow = output_width(s);
        columns = (ow + block_pixels - 1) / block_pixels;
        if (oh == 1 && s.n == 1) columns = std::min(ow, (columns + chunks - 1) / chunks * chunks);  // as many blocks in each chunk
        const int together = std::clamp<int>((int64_t{block_pixels} * columns + ow - 1) / ow, 1, oh);
        rows = (oh + together - 1) / together;
        chunks = std::min<int64_t>(chunks, count());
        slices = std::clamp((least_tasks + chunks - 1) / chunks, 1, std::max(1, s.oc / slice_rows));
    }

    int64_t count() const { return int64_t{s.n} * rows * columns; }

    struct Block {
        int n, top, bottom, left, right;
    };
    Block at(int64_t index) const {
        const int r = index / columns % rows, c = index % columns;
        return {int(index / columns / rows), int(cut(oh, rows, r)), int(cut(oh, rows, r + 1)), int(cut(ow, columns, c)), int(cut(ow, columns, c + 1))};
    }
    // Where the first tap of output pixel (i, j) lies in x, and where the pixel lies in dy; in floats, perhaps outside of x.
    ptrdiff_t in_x(int n, int i, int j) const { return ((ptrdiff_t{n} * s.h + i * s.stride - s.pad) * s.w + j * s.stride - s.pad) * s.ic; }
    ptrdiff_t in_dy(int n, int i, int j) const { return ((ptrdiff_t{n} * oh + i) * ow + j) * s.oc; }
};

// Lines that are fetched one by one, evenly over a block's tiles.
struct Schedule {
    int lines, tiles;
    int line_of(int tile) const { return int64_t{tile} * lines / tiles; }
    bool fetches(int tile) const { return tile == 0 || line_of(tile) != line_of(tile - 1); }
};

// Adds block `index` to rows [from, to) of a partial gradient, laid out as dw. A tile fetches, pixel by pixel, one line of what a pixel
// of the next block has in x (stride² pixels of it) and one of what it has in dy.
void add_block(const Blocks& blocks, int64_t index, bool first, int from, int to, const float* x, const float* dy, float* partial) {
    const nt_conv2d_shape& s = blocks.s;
    const Blocks::Block b = blocks.at(index), next = blocks.at(std::min(index + 1, blocks.count() - 1));
    const ptrdiff_t next_x = blocks.in_x(next.n, next.top, next.left) - blocks.in_x(b.n, b.top, b.left);
    const ptrdiff_t next_dy = blocks.in_dy(next.n, next.top, next.left) - blocks.in_dy(b.n, b.top, b.left) + from;
    const int x_lines = (s.stride * s.ic + cache_line - 1) / cache_line;  // of a row
    int tiles = 0;
    for (int panel = 0; panel < panels(s.ic); panel++) tiles += s.kh * s.kw * Tiling(to - from, max_rows(vectors_of(s.ic, panel))).tiles();
    const Schedule in_x{x_lines * s.stride, tiles}, in_dy{(to - from + cache_line - 1) / cache_line, tiles};
    const ptrdiff_t x_row = ptrdiff_t{s.w} * s.ic;
    Strip strip{};
    strip.x_pixel = ptrdiff_t{s.stride} * s.ic, strip.x_row = s.stride * x_row;
    strip.dy_pixel = s.oc, strip.dy_row = ptrdiff_t{blocks.ow} * s.oc;
    strip.out_row = ptrdiff_t{s.kh} * s.kw * s.ic;
    strip.first = first;
    int t = 0;
    for (int kh = 0; kh < s.kh; kh++)
        for (int kw = 0; kw < s.kw; kw++) {
            const Meeting i(b.top, b.bottom, kh, s.pad, s.stride, s.h), j(b.left, b.right, kw, s.pad, s.stride, s.w);
            strip.rows = i.end - i.begin, strip.columns = j.end - j.begin;
            for (int panel = 0; panel < panels(s.ic); panel++) {
                const int vectors = vectors_of(s.ic, panel);
                const ptrdiff_t tap = kh * x_row + ptrdiff_t{kw} * s.ic + panel * panel_width;
                const Tiling tiling(to - from, max_rows(vectors));
                for (int tile = 0, o = from; tile < tiling.tiles(); tile++, t++) {
                    const int m = tiling.rows + (tile < tiling.larger);
                    strip.x = x + blocks.in_x(b.n, i.begin, j.begin) + tap;
                    strip.dy = dy + blocks.in_dy(b.n, i.begin, j.begin) + o;
                    const int of_x = in_x.line_of(t);
                    strip.ahead_x = in_x.fetches(t) ? next_x + of_x / x_lines * x_row + of_x % x_lines * cache_line - tap : 0;
                    strip.ahead_dy = in_dy.fetches(t) ? next_dy + in_dy.line_of(t) * cache_line - o : 0;
                    strip.out = partial + o * strip.out_row + (ptrdiff_t{kh} * s.kw + kw) * s.ic + panel * panel_width;
                    kernel<Sum>(m, vectors)(strip);
                    o += m;
                }
            }
        }
}

}  // namespace

void backward_weight(const nt_conv2d_shape& s, Source x, Source dy, float* dw) {
    const Blocks blocks(s);
    const int64_t size = int64_t{s.oc} * s.kh * s.kw * s.ic;
    const int chunks = blocks.chunks, slices = blocks.slices;
    float* partial = partial_room(chunks * size);
    // A thread goes on with the chunk whose first block its last one fetched.
    parallel_for(int64_t{chunks} * slices, [&](int64_t task) {
        const int64_t chunk = task / slices, slice = task % slices, begin = cut(blocks.count(), chunks, chunk);
        for (int64_t index = begin; index < cut(blocks.count(), chunks, chunk + 1); index++)
            add_block(blocks, index, index == begin, cut(s.oc, slices, slice), cut(s.oc, slices, slice + 1), x.floats(), dy.floats(), partial + chunk * size);
    });
    add_partials(partial, chunks, size, dw);
}

}  // namespace nt::conv::in_place
