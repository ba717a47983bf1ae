// dw[o,kh,kw,c] += Σ over n, i, j of dy[n,i,j,o] · x[n, i·stride+kh−pad, j·stride+kw−pad, c], of bfloat16 maps, by products of pairs.
//
// A pair is the same pixel of two images, or of the two halves of one: rows of both maps are interleaved, and a tap's pairs lie kh rows
// and kw columns further on. So x is interleaved once for all taps (neighbouring pixels as pairs would be kw different ways, at stride
// 2 as at 1). dy's numbers are broadcast, x's are the vectors: tiles are written as they lie in dw.
// A block of rows is interleaved, zeros around the picture included, into memory that stays in the second-level cache; while it is
// multiplied the maps of the next block are fetched.
#include "conv2d_pairs.h"
#include "parallel.h"
#include "workspace.h"

#ifdef __AVX512BF16__
#include "conv2d_partials.h"
#include "conv2d_pairs_plan.h"

namespace nt::conv::pairs {
namespace {

struct Task {
    int64_t begin = 0, end = 0;  // blocks
    int kernel_row, kernel_rows, first, channels;  // of the kernel's rows and of dy's channels
    float* out;  // a gradient's first number
    bool add;
};

const uint16_t* numbers(Source map) { return static_cast<const uint16_t*>(map.p); }

// Apart from what calls it, which would take its registers: the two rows' numbers of channels [first, first + c), `pitch` pairs from a pixel to the next.
__attribute__((noinline)) void pair_pixels(const uint16_t* a, const uint16_t* b, int64_t pixels, int c, int ld, ptrdiff_t pitch, Pair* out) {
    if (c == ld && c == pitch) return pair_rows(a, b, pixels * c, out);
    for (int64_t p = 0; p < pixels; p++) pair_rows(a ? a + p * ld : a, b ? b + p * ld : b, c, out + p * pitch);
}

// [row][column][dy_pitch]
void pair_gradient(const Plan& p, const Task& t, const Block& block, Source dy, Pair* out) {
    for (int r = 0; r < block.rows; r++, out += block.columns * p.dy_pitch) {
        const auto row = [&](int half) {
            const int i = block.tops[half] + r;
            return i < p.oh ? numbers(p.image_of_dy(dy, block.images[half]).at(i, block.left)) + t.first : nullptr;
        };
        pair_pixels(row(0), row(1), block.columns, t.channels, p.s.oc, p.dy_pitch, out);
    }
}

// [input row][input column][x_pitch]; rows that no output pixel of a half reads count as zeros there.
void pair_input(const Plan& p, const Task& t, const Block& block, Source x, Pair* out) {
    const auto& s = p.s;
    const int columns = block.in_columns(s), left = block.left * s.stride - s.pad;
    const int first = std::clamp(left, 0, s.w), last = std::clamp(left + columns, first, s.w);
    const ptrdiff_t before = (first - left) * p.x_pitch, inside = (last - first) * p.x_pitch, all = columns * p.x_pitch;
    for (int r = 0; r < block.in_rows(s, t.kernel_rows); r++, out += all) {
        if (r % s.stride >= t.kernel_rows) continue;  // no tap of this task
        if (first == last) {  // columns of padding alone
            std::fill_n(out, all, 0);
            continue;
        }
        const auto row = [&](int half) {
            const int y = block.tops[half] * s.stride - s.pad + t.kernel_row + r, end = (p.oh - 1) * s.stride - s.pad + t.kernel_row + t.kernel_rows;
            return y >= 0 && y < std::min(s.h, end) ? numbers(p.image_of_x(x, block.images[half]).at(y, first)) : nullptr;
        };
        std::fill_n(out, before, 0);
        pair_pixels(row(0), row(1), last - first, s.ic, s.ic, p.x_pitch, out + before);
        std::fill_n(out + before + inside, all - before - inside, 0);
    }
}

// The maps under a block, rows in whole.
Ahead fetch(const Plan& p, const Task& t, const Block& block, Source x, Source dy) {
    const auto& s = p.s;
    Ahead ahead;
    for (int half = 0; half < 2; half++) {
        const int i = block.tops[half], y = i * s.stride - s.pad + t.kernel_row;
        ahead.add(p.image_of_dy(dy, block.images[half]), i, i + block.rows);
        ahead.add(p.image_of_x(x, block.images[half]), y, y + block.in_rows(s, t.kernel_rows));
    }
    return ahead;
}

// A block's maps in pairs: `row` from an input row to the next.
struct Paired {
    const Pair *x, *dy;
    ptrdiff_t row;
};

void add_block(const Plan& p, const Task& t, const Block& block, const Paired& in, bool add, Ahead& ahead) {
    const auto& s = p.s;
    const ptrdiff_t filter = ptrdiff_t{s.kh} * s.kw * s.ic;
    for (int k = 0; k < t.kernel_rows; k++)
        for (int tap = 0; tap < (p.dense ? 1 : s.kw); tap++) {
            float* out = t.out + t.first * filter + (ptrdiff_t{t.kernel_row + k} * s.kw + tap) * s.ic;
            const Strip strip{.a = in.dy, .b = in.x + k * in.row + tap * p.x_pitch, .a_pair = p.dy_pitch, .b_pair = s.stride * p.x_pitch, .b_row = s.stride * in.row,
                              .rows = block.rows, .columns = block.columns, .out = out, .out_row = filter, .last = 0, .add = add};
            multiply(strip, Tiling(t.channels, tile_rows[p.vectors]), p.count, p.vectors, ahead);
        }
}

// Sums of a picture: [vector of dy's channels][kernel row][kw·c][lane].
constexpr int few_floats = 3 * 3 * picture * width;

void add_few_block(const Plan& p, const Block& block, const Paired& in, int vectors, float* sums, Ahead& ahead) {
    const auto words = [](const Pair* pairs) { return reinterpret_cast<const Word*>(pairs); };
    Pixels pixels{.x = words(in.x), .dy = words(in.dy), .kernel_row = in.row, .x_pixel = p.s.stride * p.x_pitch, .x_row = p.s.stride * in.row,
                  .dy_pixel = p.dy_pitch, .dy_row = block.columns * p.dy_pitch, .rows = block.rows, .columns = block.columns};
    for (int v = 0; v < vectors; v++, pixels.dy += width, sums += few_floats) add_few<Type::bf16, 3, 3 * picture>(pixels, sums, ahead);
}

void write_few(const Task& t, const float* sums) {
    constexpr int filter = few_floats / width;
    for (int o = 0; o < t.channels; o++)
        for (int k = 0; k < filter; k++) {
            float& out = t.out[(t.first + o) * filter + k];
            out = sums[(o / width * filter + k) * width + o % width] + (t.add ? out : 0.f);
        }
}

// `after` is what the thread most likely goes on with.
__attribute__((noinline)) void run(const Plan& p, const Task& t, const Task& after, Source x, Source dy) {
    constexpr ptrdiff_t slack = 64;
    bool add = t.add;
    thread_local Workspace inputs, gradients, few;
    const int vectors = p.few ? padded(t.channels) / width : 0;
    float* sums = few.floats(vectors * few_floats);
    std::fill_n(sums, vectors * few_floats, 0.f);
    for (int64_t index = t.begin; index < t.end; index++, add = true) {
        const Block block(p, index);
        const ptrdiff_t row = block.in_columns(p.s) * p.x_pitch;
        Pair* in = reinterpret_cast<Pair*>(inputs.floats(block.in_rows(p.s, t.kernel_rows) * row + slack));
        Pair* gradient = reinterpret_cast<Pair*>(gradients.floats(block.rows * block.columns * p.dy_pitch + slack));
        pair_gradient(p, t, block, dy, gradient);
        pair_input(p, t, block, x, in);
        Ahead ahead;
        if (index + 1 < t.end) ahead = fetch(p, t, Block(p, index + 1), x, dy);
        else if (after.begin < after.end) ahead = fetch(p, after, Block(p, after.begin), x, dy);
        if (p.few) add_few_block(p, block, {in, gradient, row}, vectors, sums, ahead);
        else add_block(p, t, block, {in, gradient, row}, add, ahead);
    }
    if (p.few) write_few(t, sums);
}

}  // namespace

bool computes(const nt_conv2d_shape& s) { return s.groups == 1; }

// Measured on Zen 5 with maps from memory, against oneDNN's and Winograd's ways: only the latter is faster, where its four times
// fewer products meet many channels, or 32 of them and enough of both pixels and products (64 channels at 20×20, batch 12; 32 at 40×40, batch 8).
bool is_faster(const nt_conv2d_shape& s, bool winograd) {
    const int channels = std::min(s.ic, s.oc);
    const int64_t pixels = output_size(s) / s.oc;
    return !(winograd && (channels >= 128 || (channels >= 32 && pixels >= 4800 && pixels * s.ic * s.oc >= 12'800'000)));
}

void backward_weight(const nt_conv2d_shape& s, Source x, Source dy, float* dw) {
    const Plan p(s);
    const int64_t weights = int64_t{s.oc} * s.kh * s.kw * s.ic;
    float* partial = partial_room((p.chunks - 1) * weights);  // the first chunk adds to dw itself
    const auto task = [&](int64_t i) {
        const int chunk = i / (p.kernel_groups * p.out_groups), k = i / p.out_groups % p.kernel_groups, o = i % p.out_groups;
        const int row = cut(s.kh, p.kernel_groups, k), rows = cut(s.kh, p.kernel_groups, k + 1) - row;
        const int first = cut(s.oc, p.out_groups, o), channels = cut(s.oc, p.out_groups, o + 1) - first;
        return Task{.begin = cut(p.blocks, p.chunks, chunk), .end = cut(p.blocks, p.chunks, chunk + 1), .kernel_row = row, .kernel_rows = rows,
                    .first = first, .channels = channels, .out = chunk ? partial + (chunk - 1) * weights : dw, .add = chunk == 0};
    };
    const int64_t tasks = int64_t{p.chunks} * p.kernel_groups * p.out_groups;
    parallel_for(tasks, [&](int64_t i) { run(p, task(i), i + 1 < tasks ? task(i + 1) : Task{}, x, dy); });
    add_partials(partial, p.chunks - 1, weights, dw);
}

}  // namespace nt::conv::pairs

#else

namespace nt::conv::pairs {
bool computes(const nt_conv2d_shape&) { return false; }
bool is_faster(const nt_conv2d_shape&, bool) { return false; }
void backward_weight(const nt_conv2d_shape&, Source, Source, float*) {}
}  // namespace nt::conv::pairs

#endif
