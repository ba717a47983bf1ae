// Depthwise 3×3 convolutions at stride 1 with a border of 1, as most are:
//   y[n,i,j,c] = bias[c] + Σ over kh, kw of x[n, i+kh−1, j+kw−1, c] · w[c,kh,kw].
// The gradient of the data is the same with the kernel turned by 180°. Nine products a number are little work: what counts is that
// maps are read once, where they lie, and early. A row of outputs reads three rows; a vector of channels walks along it with its nine
// weights (for the weights' gradient: its nine sums) and the nine numbers under the kernel in registers, of which a step loads three, and asks
// for the same place of the row after those three.
#include "conv2d_depthwise.h"
#include "conv2d_tile.h"
#include "parallel.h"
#include "workspace.h"

#include <algorithm>

namespace nt::conv::depthwise {
namespace {

constexpr int taps = 3;
constexpr int task_rows = 10;

// The pixels of a batch as rows: n·h of them, one after the other.
template <Type type>
class Map {
public:
    Map(const nt_conv2d_shape& s, Source map, const Element<type>* zeros)
        : first_(static_cast<const Element<type>*>(map.p)), zeros_(zeros), h_(s.h), rows_(int64_t{s.n} * s.h), row_(ptrdiff_t{s.w} * s.ic) {}
    const Element<type>* row(int64_t r) const { return first_ + r * row_; }
    // The row above a row's kernel's middle, and the one below it: zeros beyond the picture.
    const Element<type>* above(int64_t r) const { return r % h_ == 0 ? zeros_ : row(r - 1); }
    const Element<type>* below(int64_t r) const { return r % h_ == h_ - 1 ? zeros_ : row(r + 1); }
    const Element<type>* ahead(int64_t r) const { return row(std::min(r + 2, rows_ - 1)); }

private:
    const Element<type>*first_, *zeros_;
    int64_t h_, rows_;
    ptrdiff_t row_;
};

// Calls step(at, under) for the pixels of a row: where the pixel's channels [c, c + width) lie in the row, and under[kh][kw], the numbers of
// those channels under the kernel.
template <Type type, class Step>
inline __attribute__((always_inline)) void walk(const Map<type>& map, int64_t r, int w, int channels, int c, Step&& step) {
    const Element<type>* rows[taps] = {map.above(r) + c, map.row(r) + c, map.below(r) + c};
    const Element<type>* ahead = map.ahead(r) + c;
    Vec under[taps][taps];
    for (int k = 0; k < taps; k++) under[k][1] = Vec{}, under[k][2] = nt::load<type>(rows[k]);
    for (int j = 0; j < w; j++) {
        const ptrdiff_t at = ptrdiff_t{j} * channels;
        prefetch(ahead + at);
#pragma GCC unroll 3
        for (int k = 0; k < taps; k++) {
            under[k][0] = under[k][1], under[k][1] = under[k][2];
            under[k][2] = j + 1 < w ? nt::load<type>(rows[k] + at + channels) : Vec{};
        }
        step(at + c, under);
    }
}

// Room for a row of zeros, then for `floats` more numbers.
struct Room {
    const void* zeros;
    float* floats;
    Room(const nt_conv2d_shape& s, Workspace& workspace, size_t count) {
        const size_t row = size_t(s.w) * s.ic;
        float* all = workspace.floats(row + count);
        std::fill_n(all, row, 0.f);
        zeros = all;
        floats = all + row;
    }
};

// weights: [tap][channel]
template <Type type, Type to>
void filter(const nt_conv2d_shape& s, const Map<type>& x, const float* weights, const float* bias, Element<to>* y) {
    const int64_t rows = int64_t{s.n} * s.h, tasks = (rows - 1) / task_rows + 1;
    parallel_for(tasks, [&](int64_t task) {
        for (int64_t r = cut(rows, tasks, task); r < cut(rows, tasks, task + 1); r++) {
            Element<to>* out = y + r * s.w * s.ic;
            for (int c = 0; c < s.ic; c += width) {
                Vec k[taps][taps];
#pragma GCC unroll 9
                for (int t = 0; t < taps * taps; t++) k[t / taps][t % taps] = conv::load(weights + t * s.ic + c);
                const Vec start = conv::load(bias + c);
                walk(x, r, s.w, s.ic, c, [&](ptrdiff_t at, const Vec(&under)[taps][taps]) {
                    Vec sum = start;
#pragma GCC unroll 9
                    for (int t = 0; t < taps * taps; t++) sum += under[t / taps][t % taps] * k[t / taps][t % taps];
                    nt::store<to>(out + at, sum);
                });
            }
        }
    });
}

void filter(const nt_conv2d_shape& s, Source x, const float* w, const float* bias, bool turned, Target y) {
    thread_local Workspace workspace;
    constexpr int all = taps * taps;
    const Room room(s, workspace, size_t(all + 1) * s.ic);
    float *weights = room.floats, *start = weights + all * s.ic;
    for (int t = 0; t < all; t++)
        for (int c = 0; c < s.ic; c++) weights[t * s.ic + c] = w[c * all + (turned ? all - 1 - t : t)];
    if (bias) std::copy_n(bias, s.ic, start);
    else std::fill_n(start, s.ic, 0.f);
    with_type(x.type, [&](auto type) {
        const Map<type()> map(s, x, static_cast<const Element<type()>*>(room.zeros));
        with_type(y.type, [&](auto to) { filter<type(), to()>(s, map, weights, start, static_cast<Element<to()>*>(y.p)); });
    });
}

// sums[tap][channel] += Σ over rows [begin, end) of dy · x
template <Type type>
void add_rows(const nt_conv2d_shape& s, const Map<type>& x, const Map<type>& dy, int64_t begin, int64_t end, float* sums) {
    for (int64_t r = begin; r < end; r++)
        for (int c = 0; c < s.ic; c += width) {
            Vec sum[taps][taps];
#pragma GCC unroll 9
            for (int t = 0; t < taps * taps; t++) sum[t / taps][t % taps] = conv::load(sums + t * s.ic + c);
            const Element<type>*from = dy.row(r), *ahead = dy.ahead(r);
            walk(x, r, s.w, s.ic, c, [&](ptrdiff_t at, const Vec(&under)[taps][taps]) {
                prefetch(ahead + at);
                const Vec g = nt::load<type>(from + at);
#pragma GCC unroll 9
                for (int t = 0; t < taps * taps; t++) sum[t / taps][t % taps] += under[t / taps][t % taps] * g;
            });
#pragma GCC unroll 9
            for (int t = 0; t < taps * taps; t++) conv::store(sums + t * s.ic + c, sum[t / taps][t % taps]);
        }
}

}  // namespace

bool is_3x3(const nt_conv2d_shape& s) {
    return s.groups == s.ic && s.groups == s.oc && s.kh == taps && s.kw == taps && s.stride == 1 && s.pad == 1 && s.ic % width == 0;
}

bool computes(const nt_conv2d_shape& s, Pass pass) {
    return is_3x3(s) || (pass == Pass::backward_weight && s.groups == s.ic && s.groups == s.oc);
}

bool is_faster(const nt_conv2d_shape& s, Pass pass) {
    return width == 16 ? is_3x3(s) : pass == Pass::backward_weight;
}

void forward(const nt_conv2d_shape& s, Source x, const float* w, const float* bias, Target y) { filter(s, x, w, bias, false, y); }

void backward_data(const nt_conv2d_shape& s, Source dy, const float* w, Target dx) { filter(s, dy, w, nullptr, true, dx); }

void backward_weight_3x3(const nt_conv2d_shape& s, Source x, Source dy, float* dw) {
    const int64_t rows = int64_t{s.n} * s.h, chunks = std::min<int64_t>(rows, most_chunks);
    thread_local Workspace workspace;
    const size_t size = size_t(taps * taps) * s.ic;
    const Room room(s, workspace, chunks * size);
    parallel_for(chunks, [&](int64_t chunk) {
        float* sums = room.floats + chunk * size;
        std::fill_n(sums, size, 0.f);
        with_type(x.type, [&](auto type) {
            const Map<type()> from(s, x, static_cast<const Element<type()>*>(room.zeros)), gradient(s, dy, nullptr);
            add_rows(s, from, gradient, cut(rows, chunks, chunk), cut(rows, chunks, chunk + 1), sums);
        });
    });
    add_chunks(s, room.floats, chunks, s.ic, dw);
}

}  // namespace nt::conv::depthwise
