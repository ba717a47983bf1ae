// Forward and backward data, both as one operation: output row h is the sum over some rows q of the input, which it meets with kernel
// rows kh(q), of correlations along the row. Forward, q = h·stride + kh − pad; for the gradient of the data h = q·stride + kh − pad,
// with every stride-th kernel row. Along a row the gradient's outputs are `stride` sets, each of which meets every stride-th tap,
// backwards (conv2d_direct.cpp tells more of them); forward there is one.
#include "conv2d_rows.h"

#ifdef __AVX512BW__
#include "conv2d_pack.h"
#include "conv2d_rows_plan.h"
#include "parallel.h"

namespace nt::conv::rows {
namespace {

// Two vectors of outputs, or (count 1) one: of which row and channels, and what is under them.
struct Vectors {
    int count;
    int row[2], vector[2];
    Under under[2];
};

template <Type type, bool eight>
void multiply(const Plan& p, const Window& window, const Block& block, const Columns& k, const Vectors& v, Ahead& ahead) {
    Strip s{};
    s.a_pixel = p.step() * p.c * element_bytes(type), s.a_row = window.pitch;
    s.b_row = p.kernel_row_bytes(k) * (p.data ? -p.stride : 1);
    s.words = k.words;
    s.y_pixel = p.y_pixel * element_bytes(p.y.type);
    s.y_is_float = p.y.is_float();
    for (int n = 0; n < v.count; n++) {
        s.a[n] = window.memory + (v.under[n].first - block.first) * window.pitch + (-k.left - window.left) * p.c * ptrdiff_t(element_bytes(type));
        s.b[n] = k.weights + (v.vector[n] * p.kernel_rows + v.under[n].kernel_row) * p.kernel_row_bytes(k);
        s.bias[n] = p.bias + v.vector[n] * width;
        s.y[n] = static_cast<char*>(p.y.from(block.image * p.y_image + v.row[n] * p.y_row + k.y + v.vector[n] * width).p);
    }
    s.both = v.count == 1 ? 0 : std::max(0, std::min(v.under[0].end(), v.under[1].end()) - std::max(v.under[0].first, v.under[1].first));
    s.before = v.under[0].count - s.both, s.after = v.under[1].count - s.both;
    const Tiling parts = tiling(k.count);
    const auto run = [&](int pixels, int count) {
        if (count > 0) (v.count == 2 ? tiles_of<type, eight, 2> : tiles_of<type, eight, 1>)(pixels)(s, count, ahead);
    };
    run(parts.rows + 1, parts.larger);
    run(parts.rows, parts.others);
}

template <Type type, bool eight>
void correlate(const Plan& p) {
    const Window empty(p);
    const int64_t wanted = block_bytes / empty.pitch;
    const int pairs = (p.out_h + 1) / 2, row_blocks = (pairs - 1) / std::clamp<int64_t>(wanted * pairs / p.h, 1, pairs) + 1;
    const int64_t count = int64_t{p.n} * row_blocks;
    parallel_for(count, [&](int64_t index) {
        const Block block(p, row_blocks, index);
        Window window = empty;
        window.copy(p, block);
        Ahead ahead;
        if (index + 1 < count) ahead = fetch(p, Block(p, row_blocks, index + 1), block.rows);
        for (int vector = 0; vector < p.vectors(); vector += 2) {
            const bool two = vector + 1 < p.vectors();
            for (int r = 0; r < block.rows; r += two ? 1 : 2)
                for (const Columns& k : p.columns) {
                    const int row = block.row + r, other = two ? row : row + 1;
                    Vectors v{two || r + 1 < block.rows ? 2 : 1, {row, other}, {vector, two ? vector + 1 : vector}, {p.under(row), p.under(other)}};
                    multiply<type, eight>(p, window, block, k, v, ahead);
                }
        }
    });
}

void correlate(const Plan& p) {
    const auto by = [&]<Type type>() { return p.eight() ? correlate<type, true>(p) : correlate<type, false>(p); };
#ifdef __AVX512BF16__
    if (!p.x.is_float()) return by.template operator()<Type::bf16>();
#endif
    by.template operator()<Type::f32>();
}

// The weights as tiles read them. weight(kernel row, columns, number along their taps, first output): for the outputs from there on,
// one a lane.
template <class Weight>
void pack(Plan& p, const float* bias, Weight weight) {
    ptrdiff_t bytes = 0;
    for (const Columns& k : p.columns) bytes += p.weight_bytes(k);
    char* packed = reinterpret_cast<char*>(pack_buffer((bytes + p.vectors() * vector_bytes) / sizeof(float)));
    float* start = reinterpret_cast<float*>(packed + bytes);
    std::fill_n(start, p.vectors() * width, 0.f);
    for (int o = 0; o < p.out_c && bias; o++) start[p.eight() ? 2 * o : o] = bias[o];
    p.bias = start;
    for (Columns& k : p.columns) {
        k.weights = packed;
        packed += p.weight_bytes(k);
    }
    const int tasks = p.columns.size() * p.vectors() * p.kernel_rows;
    const auto task = [&](int64_t i) {
        const Columns& k = p.columns[i / (p.vectors() * p.kernel_rows)];
        const int vector = i / p.kernel_rows % p.vectors(), row = i % p.kernel_rows, numbers = k.taps * p.c;
        const auto at = [&](int number) { return number < numbers ? weight(row, k, number, vector * width) : Vec{}; };
        const auto lanes_of = [&](int number) {  // one or, of bfloat16, two numbers a lane
            if (p.x.is_float()) return at(number);
            return bits_float<Vec>(float_bits(at(number)) >> 16 | (float_bits(at(number + 1)) & 0xffff0000));
        };
        float* to = reinterpret_cast<float*>(const_cast<char*>(k.weights) + (vector * p.kernel_rows + row) * p.kernel_row_bytes(k));
        for (int word = 0; word < k.words; word++, to += width) {
            const int number = word * p.word_numbers();
            store(to, p.eight() ? alternate(lanes_of(number), lanes_of(number + p.word_numbers() / 2)) : lanes_of(number));
        }
    };
    if (bytes < 1 << 16)
        for (int i = 0; i < tasks; i++) task(i);
    else
        parallel_for(tasks, task);
}

int words_of(const Plan& p, int taps) { return (taps * p.c + p.word_numbers() - 1) / p.word_numbers(); }

}  // namespace

bool computes(const nt_conv2d_shape& s, Pass pass, Type type) {
    if (pass == Pass::backward_weight) return computes_weight(s, type);
    const int channels = pass == Pass::forward ? s.oc : s.ic;
#ifdef __AVX512BF16__
    const bool multiplied = type == Type::f32 || type == Type::bf16;
#else
    const bool multiplied = type == Type::f32;
#endif
    return s.groups == 1 && multiplied && (channels == 8 || channels % width == 0);
}

// Measured on Zen 5 with maps from memory. fp32: 1.1 to 2.4 times as fast as oneDNN's, but for rows of fewer than 7 pixels, which leave the
// multipliers waiting; Winograd's way is faster where it is taken. Weight gradients: 1.2 to 1.6 times as fast as
// oneDNN's and those in place. bfloat16: at stride 1 1.1 to 2.5 times as fast as either over few
// channels (Winograd's gains with their number: from 32 to 64 on it is 1.05 to 1.25 times as fast); at stride 2 1.05 to 1.4 times forward, no faster for
// the data's gradient, whose sums are short.
bool is_faster(const nt_conv2d_shape& s, Pass pass, Type type, bool winograd) {
    if (pass == Pass::backward_weight) return !winograd && s.kh > 1 && output_size(s) / s.oc >= 1024;
    const int pixels = pass == Pass::forward ? output_width(s) : s.w / s.stride;
    if (s.kh * s.kw == 1 || pixels < 7) return false;
    if (type == Type::f32) return !winograd;
    return s.stride == 1 ? s.ic * s.oc <= 32 * (winograd ? 32 : 64) : pass == Pass::forward && pixels >= most_pixels;
}

void forward(const nt_conv2d_shape& s, Source x, const float* w, const float* bias, Target y) {
    const ptrdiff_t filter = ptrdiff_t{s.kh} * s.kw * s.ic, row = ptrdiff_t{output_width(s)} * s.oc;
    Plan p{.data = false, .n = s.n, .h = s.h, .w = s.w, .c = s.ic, .out_h = output_height(s), .out_c = s.oc,
           .kernel_rows = s.kh, .stride = s.stride, .pad = s.pad, .x = x, .y = y,
           .y_image = output_height(s) * row, .y_row = row, .y_pixel = s.oc, .columns = {}, .bias = nullptr};
    p.columns.push_back({.taps = s.kw, .left = s.pad, .count = output_width(s), .y = 0, .words = words_of(p, s.kw), .weights = nullptr});
    const auto lanes = (__m512i)(BitsOf<Vec>::Signed{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15} * int(filter));
    const __mmask16 meant = p.eight() ? 0xff : 0xffff;
    pack(p, bias, [&](int kh, const Columns&, int number, int first) {
        return (Vec)_mm512_mask_i32gather_ps(_mm512_setzero_ps(), meant, lanes, w + first * filter + kh * s.kw * s.ic + number, 4);
    });
    correlate(p);
}

void backward_data(const nt_conv2d_shape& s, Source dy, const float* w, Target dx) {
    const ptrdiff_t row = ptrdiff_t{s.w} * s.ic;
    Plan p{.data = true, .n = s.n, .h = output_height(s), .w = output_width(s), .c = s.oc, .out_h = s.h, .out_c = s.ic,
           .kernel_rows = s.kh, .stride = s.stride, .pad = s.pad, .x = dy, .y = dx,
           .y_image = s.h * row, .y_row = row, .y_pixel = ptrdiff_t{s.stride} * s.ic, .columns = {}, .bias = nullptr};
    for (int column = 0; column < std::min(s.stride, s.w); column++) {
        const int first = (column + s.pad) % s.stride, taps = first < s.kw ? (s.kw - first + s.stride - 1) / s.stride : 0;
        const int left = taps - 1 - (column + s.pad) / s.stride, count = (s.w - column + s.stride - 1) / s.stride;
        p.columns.push_back({.taps = taps, .left = left, .count = count, .y = ptrdiff_t{column} * s.ic, .words = words_of(p, taps), .weights = nullptr});
    }
    pack(p, nullptr, [&](int kh, const Columns& k, int number, int first) {
        const int kw = (k.y / s.ic + s.pad) % s.stride + (k.taps - 1 - number / s.oc) * s.stride;  // the input is walked forwards
        const float* from = w + ((ptrdiff_t{number % s.oc} * s.kh + kh) * s.kw + kw) * s.ic + first;
        return p.eight() ? nt::load<Type::f32>(from, First{8}) : load(from);
    });
    correlate(p);
}

}  // namespace nt::conv::rows
#else
namespace nt::conv::rows {
bool computes(const nt_conv2d_shape&, Pass, Type) { return false; }
bool is_faster(const nt_conv2d_shape&, Pass, Type, bool) { return false; }
void forward(const nt_conv2d_shape&, Source, const float*, const float*, Target) {}
void backward_data(const nt_conv2d_shape&, Source, const float*, Target) {}
}  // namespace nt::conv::rows
#endif
