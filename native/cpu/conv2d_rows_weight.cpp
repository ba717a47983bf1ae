// Weight gradient of float maps with few channels: dw[o,kh,kw,c] += Σ over n, i, j of dy[n,i,j,o] · x[n, i·stride+kh−pad, j·stride+kw−pad, c].
//
// A block of x is copied with its borders filled in, so that the kw·c numbers of a kernel row under any output pixel are contiguous. Where
// they are 48, they are three vectors, and dy's channels are broadcast: a sum lies where dw has it. Where they are 24, or 9 of which three
// kernel rows make 27, they are broadcast, and dy's channels are the vector; each number keeps a register over the whole block. dy is read
// where it lies. Meanwhile the next block's maps are fetched from memory.
// The blocks are cut into chunks by the shape alone; each sums into a partial gradient of its own, and these are added in order.
#include "conv2d_rows.h"

#ifdef __AVX512BW__
#include "conv2d_few_tile.h"
#include "conv2d_partials.h"
#include "conv2d_window.h"

namespace nt::conv::rows {
namespace {

constexpr int block_pixels = 320;                  // so many that rows of x which two blocks read are few
constexpr int wide = 3;                            // vectors of 48 numbers
constexpr int most_channels = 8;                   // of dy in a tile beside them

int numbers_of(const nt_conv2d_shape& s) { return s.kw * s.ic; }
bool is_wide(const nt_conv2d_shape& s) { return numbers_of(s) == wide * width; }
// Kernel rows whose numbers are broadcast together, 0 where that is not written here.
int together(const nt_conv2d_shape& s) { return numbers_of(s) == 24 ? 1 : numbers_of(s) == 9 && s.kh == 3 ? 3 : 0; }

// out[M][48] (+)= Σ over pixels of dy[pixel][m] · x[pixel][0 … 48)
template <int M>
__attribute__((noinline)) void add_wide(const Pixels& p, float* out, ptrdiff_t out_row, bool first, Ahead& ahead) {
    Vec acc[M][wide] = {};
    p.each<1>(ahead, [&](const Word* x, const Word* dy) __attribute__((always_inline)) {
        Vec v[wide];
#pragma GCC unroll 3
        for (int n = 0; n < wide; n++) v[n] = load(x + n * width);
#pragma GCC unroll 8
        for (int m = 0; m < M; m++) {
            const Vec all = broadcast(dy + m);
#pragma GCC unroll 3
            for (int n = 0; n < wide; n++) acc[m][n] += all * v[n];
        }
    });
#pragma GCC unroll 8
    for (int m = 0; m < M; m++, out += out_row)
#pragma GCC unroll 3
        for (int n = 0; n < wide; n++) store(out + n * width, first ? acc[m][n] : load(out + n * width) + acc[m][n]);
}

constexpr auto wide_tiles = []<int... I>(std::integer_sequence<int, I...>) {
    return std::array{&add_wide<I + 1>...};
}(std::make_integer_sequence<int, most_channels>{});

// Rows of outputs of one image.
struct Rows {
    int image, top, count;
    Rows(const nt_conv2d_shape& s, int row_blocks, int64_t index) : image(index / row_blocks) {
        const int height = output_height(s), part = index % row_blocks;
        top = cut(height, row_blocks, part);
        count = cut(height, row_blocks, part + 1) - top;
    }
    int in_rows(const nt_conv2d_shape& s) const { return (count - 1) * s.stride + s.kh; }
};

// The next two add a block to a chunk's gradient. As dw:
void add_wide_block(const nt_conv2d_shape& s, Pixels p, bool first, float* sums, Ahead& ahead) {
    const Tiling tiling(s.oc, most_channels);
    const ptrdiff_t steps = ptrdiff_t{s.kh} * numbers_of(s);
    for (int kh = 0; kh < s.kh; kh++, p.x += p.kernel_row)
        for (int tile = 0, o = 0; tile < tiling.tiles(); tile++) {
            const int m = tiling.rows + (tile < tiling.larger);
            Pixels part = p;
            part.dy += o;
            wide_tiles[m - 1](part, sums + o * steps + kh * numbers_of(s), steps, first, ahead);
            o += m;
        }
}

// As [vector of o][kh][kw·c][lane].
void add_few_block(const nt_conv2d_shape& s, Pixels p, bool first, float* sums, Ahead& ahead) {
    const int numbers = numbers_of(s);
    if (first) std::fill_n(sums, ptrdiff_t{s.oc} * s.kh * numbers, 0.f);
    for (int o = 0; o < s.oc; o += width, p.dy += width)
        for (int kh = 0; kh < s.kh; kh += together(s), sums += together(s) * numbers * width) {
            Pixels part = p;
            part.x += kh * p.kernel_row;
            (numbers == 24 ? add_few<Type::f32, 1, 24> : add_few<Type::f32, 3, 9>)(part, sums, ahead);
        }
}

void add_block(const nt_conv2d_shape& s, const Rows& block, const Rows& next, bool first, Source x, Source dy, float* sums) {
    const int width_out = output_width(s), columns = (width_out - 1) * s.stride + s.kw;
    const ptrdiff_t row = ptrdiff_t{columns} * s.ic;
    const auto x_of = [&](const Rows& rows) { return Image(x, rows.image, s.h, s.w, s.ic); };
    const auto dy_of = [&](const Rows& rows) { return Image(dy, rows.image, output_height(s), width_out, s.oc); };
    const auto in_top = [&](const Rows& rows) { return rows.top * s.stride - s.pad; };
    float* in = window_room(block.in_rows(s) * row);
    copy_window(x_of(block), {in_top(block), -s.pad, block.in_rows(s), columns}, s.ic, in);
    Ahead ahead;
    ahead.add(x_of(next), in_top(next), in_top(next) + next.in_rows(s));
    ahead.add(dy_of(next), next.top, next.top + next.count);
    const Pixels p{.x = in, .dy = dy_of(block).at(block.top, 0).floats(), .kernel_row = row, .x_pixel = ptrdiff_t{s.stride} * s.ic, .x_row = s.stride * row,
                   .dy_pixel = s.oc, .dy_row = ptrdiff_t{width_out} * s.oc, .rows = block.count, .columns = width_out};
    (is_wide(s) ? add_wide_block : add_few_block)(s, p, first, sums, ahead);
}

}  // namespace

bool computes_weight(const nt_conv2d_shape& s, Type type) {
    return type == Type::f32 && s.groups == 1 && (is_wide(s) || (together(s) != 0 && s.oc % width == 0));
}

void backward_weight(const nt_conv2d_shape& s, Source x, Source dy, float* dw) {
    const int row_blocks = (output_height(s) - 1) / std::max(1, block_pixels / output_width(s)) + 1, steps = s.kh * numbers_of(s);
    const int64_t blocks = int64_t{s.n} * row_blocks, size = int64_t{s.oc} * steps;
    const int chunks = std::min(blocks, pixel_chunks(output_size(s) / s.oc));
    float* partial = partial_room(chunks * size);
    parallel_for(chunks, [&](int64_t chunk) {
        const int64_t begin = cut(blocks, chunks, chunk), end = cut(blocks, chunks, chunk + 1);
        for (int64_t i = begin; i < end; i++)
            add_block(s, Rows(s, row_blocks, i), Rows(s, row_blocks, std::min(i + 1, blocks - 1)), i == begin, x, dy, partial + chunk * size);
    });
    if (is_wide(s)) return add_partials(partial, chunks, size, dw);
    parallel_for(s.oc / width, [&](int64_t vector) {
        for (int k = 0; k < steps; k++) {
            const float* from = partial + (vector * steps + k) * width;
            Vec sum = load(from);
            for (int chunk = 1; chunk < chunks; chunk++) sum += load(from + chunk * size);
            for (int o = 0; o < width; o++) dw[(vector * width + o) * steps + k] += sum[o];
        }
    });
}

}  // namespace nt::conv::rows
#else
namespace nt::conv::rows {
bool computes_weight(const nt_conv2d_shape&, Type) { return false; }
void backward_weight(const nt_conv2d_shape&, Source, Source, float*) {}
}  // namespace nt::conv::rows
#endif
