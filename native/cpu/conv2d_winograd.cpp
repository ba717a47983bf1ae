// Winograd's forward and backward-data convolution, both as one operation, the correlation of a map with a kernel (for the
// gradient of the data that is dy with the kernel turned by 180°).
// Tiles are taken some at a time: their inputs go to the points, in each plane of points a matrix product over the channels
// follows, and the products come back as outputs. While it multiplies, a thread fetches what it transforms next.
#include "conv2d_pack.h"
#include "conv2d_winograd.h"
#include "parallel.h"
#include "winograd_ahead.h"
#include "winograd_products.h"
#include "winograd_tiles.h"

namespace nt::conv::winograd {
namespace {

struct Correlation {
    int n, h, w, c;             // of the input
    int pad;                    // before the first tile's inputs
    int out_h, out_w, out_c;
    Source x;
    const float* weights;       // [kernel row][kernel column][panel of out_c][c][panel width]
    const float* bias;
    Target y;
};

// The sums of a tile, from[place], as outputs; what lies outside of the image goes to `nowhere`, room for out_c floats.
template <class A>
void points_to_outputs(const Correlation& q, const Target& image, int top, int left, const float* from, Place place, float* nowhere) {
    with_type(image.type, [&](auto type_is) {
        constexpr Type type = type_is();
        constexpr int size = A::outputs;
        using Number = Element<type>;
        const ptrdiff_t column = q.out_c, row = q.out_w * column;
        Number* first = static_cast<Number*>(image.p) + top * row + left * column;
        const bool inside = top + size <= q.out_h && left + size <= q.out_w && !q.bias;
        Number* pixels[size][size] = {};
        if (!inside)
            for (int i = 0; i < size; i++)
                for (int j = 0; j < size; j++) pixels[i][j] = top + i < q.out_h && left + j < q.out_w ? first + i * row + j * column : reinterpret_cast<Number*>(nowhere);
        for (int c = 0; c < q.out_c; c += width, from += place.channels) {
            const auto points = reading<Type::f32>(from, A::sums * place.point, place.point);
            if (inside)
                both_ways<A::sums, size>(NT_TRANSFORM(A::from_points), points, writing<type>(first + c, row, column));
            else {
                const Vec bias = q.bias ? load(q.bias + c) : Vec{};
                both_ways<A::sums, size>(NT_TRANSFORM(A::from_points), points, [&](int i) { return [&, i](int j, Vec v) { nt::store<type>(pixels[i][j] + c, v + bias); }; });
            }
        }
    });
}

// The products of tiles at the points, their sums in `out`, one sum and some panels of output channels at a time. The planes of sums and of
// points lie in_plane and out_plane apart. `ahead`, if there is any, is fetched meanwhile.
template <class A>
void multiply_planes(const Correlation& q, const Groups& groups, int tiles, const float* in, ptrdiff_t in_plane, float* out, ptrdiff_t out_plane, PiecesAhead* ahead) {
    constexpr int planes = A::points * A::points, slice_panels = 4;
    const int slices = groups.by_all_threads ? (panels(q.out_c) - 1) / slice_panels + 1 : 1;
    groups.each(int64_t{A::sums * A::sums} * slices, [&](int64_t part) {
        const int sum = part / slices, slice = part % slices;
        Term terms[planes];
        int count = 0;
        for (int p = 0; p < planes; p++) {
            const int row = p / A::points, column = p % A::points;
            if (A::sum_of(row) != sum / A::sums || A::sum_of(column) != sum % A::sums) continue;
            terms[count++] = {in + p * in_plane, q.weights + (A::kernel_of(row) * A::kernels + A::kernel_of(column)) * plane_of(q.c, q.out_c)};
        }
        const ChannelProduct product{.terms = terms, .count = count, .rows = tiles, .channels = q.c, .columns = q.out_c, .ahead = ahead};
        multiply(product, cut(panels(q.out_c), slices, slice), cut(panels(q.out_c), slices, slice + 1), out + sum * out_plane);
    });
}

// A thread's room for outputs outside of the image.
float* nowhere_room(size_t floats) {
    thread_local Workspace workspace;
    return workspace.floats(floats);
}

template <class A>
void correlate(const Correlation& q) {
    constexpr int planes = A::points * A::points, sums = A::sums * A::sums;
    const Tiles tiles(q.n, q.out_h, q.out_w, A::outputs);
    // How tiles are grouped does not change an output's sum.
    const int64_t floats = planes * q.c + sums * q.out_c, weights = int64_t{q.c} * q.out_c;
    const Groups groups = sharing_is_faster(tiles.count(), weights, Pass::forward) ? Groups::for_all_threads(tiles.count(), floats)
                                                                                   : Groups::for_each_thread(tiles, floats, A::kernels * A::kernels * weights);
    const ptrdiff_t in_plane = plane_of(groups.most(), q.c), out_plane = plane_of(groups.most(), q.out_c);
    const auto top = [&](Position tile) { return tile.row * A::in_step - q.pad; };
    const auto left = [&](Position tile) { return tile.column * A::in_step - q.pad; };
    groups.run([&](int64_t group) {
        float* in = tile_room(planes * in_plane + sums * out_plane + q.c);
        float *out = in + planes * in_plane, *zeros = out + sums * out_plane;
        const int64_t first = groups.begin(group);
        const int count = groups.begin(group + 1) - first;
        const Place place_in{in_plane, ptrdiff_t{count} * width}, place_out{out_plane, width};
        std::fill_n(zeros, q.c, 0.f);
        groups.each(count, [&](int64_t t) {
            const Position tile = tiles.at(first + t), later = tiles.after(tile);
            const auto image_of = [&](Position tile) { return Image(q.x, tile.image, q.h, q.w, q.c); };
            const void* next = image_of(later).at(top(later), left(later) + A::inputs - A::in_step).p;
            patch_to_points<A::inputs, A::points, A::in_step>(NT_TRANSFORM(A::to_points), image_of(tile), top(tile), left(tile), next, zeros, in + t * width, place_in);
        });
        thread_local PiecesAhead ahead;
        if (!groups.by_all_threads) {  // the next group is most likely this thread's too
            ahead.begin(q.c);
            if (group + 1 < groups.count) ahead.add(q.x, tiles, first + count, groups.begin(group + 2), A::in_step, A::inputs - A::in_step - q.pad, q.h, q.w, q.c);
            ahead.add(q.y, tiles, first, first + count, A::outputs, 0, q.out_h, q.out_w, q.out_c);
        }
        multiply_planes<A>(q, groups, count, in, in_plane, out, out_plane, groups.by_all_threads ? nullptr : &ahead);
        groups.each(count, [&](int64_t t) {
            const Position tile = tiles.at(first + t);
            const Target image = q.y.from(int64_t{tile.image} * q.out_h * q.out_w * q.out_c);
            points_to_outputs<A>(q, image, tile.row * A::outputs, tile.column * A::outputs, out + t * q.out_c, place_out, nowhere_room(q.out_c));
        });
    });
}

// The weights at the points, in the calling thread's room for them. tap(k, c): where the numbers of tap k = 3·kh + kw and input
// channel c begin; those for the outputs lie `stride` apart.
template <class A, class Tap>
const float* pack(int c_in, int c_out, ptrdiff_t stride, Tap tap) {
    const ptrdiff_t plane = plane_of(c_in, c_out);
    float* packed = pack_buffer(A::kernels * A::kernels * plane);
    const int across = c_out / width;
    parallel_for(int64_t{c_in / width} * across, [&](int64_t square) {
        const int first = square / across * width, o = square % across * width;
        alignas(64) float kernels[width][taps * taps][width];  // [c][tap][o]
        for (int i = 0; i < width; i++)
            for (int k = 0; k < taps * taps; k++) {
                if (stride == 1) std::copy_n(tap(k, first + i) + o, width, kernels[i][k]);
                else for (int c = 0; c < width; c++) kernels[c][k][i] = tap(k, first + c)[(o + i) * stride];
            }
        const int panel = o / panel_width, before = panel * panel_width, n = vectors_of(c_out, panel) * width;
        for (int c = 0; c < width; c++) {
            float* to = packed + ptrdiff_t{before} * c_in + ptrdiff_t{first + c} * n + (o - before);
            const auto from_taps = reading<Type::f32>(kernels[c][0], taps * width, width);
            both_ways<taps, A::kernels>(NT_TRANSFORM(A::weights_to_points), from_taps, writing<Type::f32>(to, A::kernels * plane, plane));
        }
    });
    return packed;
}

template <class A>
void forward_by(const nt_conv2d_shape& s, Source x, const float* w, const float* bias, Target y) {
    const float* packed = pack<A>(s.ic, s.oc, ptrdiff_t{taps * taps} * s.ic, [&](int k, int64_t c) { return w + k * s.ic + c; });
    correlate<A>({.n = s.n, .h = s.h, .w = s.w, .c = s.ic, .pad = s.pad, .out_h = output_height(s), .out_w = output_width(s), .out_c = s.oc,
                  .x = x, .weights = packed, .bias = bias, .y = y});
}

template <class A>
void backward_data_by(const nt_conv2d_shape& s, int pad, Source dy, const float* w, Target dx) {
    const ptrdiff_t filter = ptrdiff_t{taps * taps} * s.ic;
    const float* packed = pack<A>(s.oc, s.ic, 1, [&](int k, int64_t o) { return w + o * filter + (taps * taps - 1 - k) * s.ic; });
    correlate<A>({.n = s.n, .h = output_height(s), .w = output_width(s), .c = s.oc, .pad = pad, .out_h = s.h, .out_w = s.w, .out_c = s.ic,
                  .x = dy, .weights = packed, .bias = nullptr, .y = dx});
}

}  // namespace

bool computes(const nt_conv2d_shape& s) {
    const bool stride = s.stride == 1 ? s.pad < taps : s.stride == 2 && s.pad == 1;
    return s.kh == taps && s.kw == taps && stride && s.groups == 1 && s.ic % width == 0 && s.oc % width == 0;
}

// Measured on Zen 5, with vectors of AVX2 and of AVX-512, between sizes of 10×10 to 160×160 and 8 to 256 channels. Tiles that reach over the
// map's edge are work for nothing: half as much again may be lost so at stride 1, a fifth at stride 2 and against products of 16 bits,
// which take half the time. Fewer than 64 channels do not pay for the transforms at stride 2, nor does stride 2 against 16 bits. A weight
// gradient of groups for each thread ends with its 36 planes of ic·oc numbers, which must pay by many tiles.
bool is_faster(const nt_conv2d_shape& s, Pass pass, bool native) {
    if (!computes(s)) return false;
    const int oh = output_height(s), ow = output_width(s);
    const int64_t tiles = Tiles(s.n, oh, ow, Unit::outputs).count();
    const int64_t weights = int64_t{s.ic} * s.oc;
    if (pass == Pass::backward_weight && (sharing_is_faster(tiles, weights, pass) ? tiles < 9 : tiles * 100 < weights)) return false;
    if (s.stride > 1 && (native || std::min(s.ic, s.oc) < 64)) return false;
    const double waste = double(tiles) * Unit::outputs * Unit::outputs / (double(s.n) * oh * ow);
    return waste <= (s.stride > 1 || native ? 1.2 : 1.5);
}

int64_t flops(const nt_conv2d_shape& s, Pass pass) {
    const auto flops_by = [&]<class A>(A) {
        const Tiles tiles = pass == Pass::backward_data ? Tiles(s.n, s.h, s.w, A::outputs) : Tiles(s.n, output_height(s), output_width(s), A::outputs);
        return 2 * tiles.count() * A::points * A::points * s.ic * s.oc;
    };
    if (s.stride == 1) return flops_by(Unit{});
    return pass == Pass::backward_data ? flops_by(StridedData{}) : flops_by(Strided{});
}

void forward(const nt_conv2d_shape& s, Source x, const float* w, const float* bias, Target y) {
    (s.stride == 1 ? forward_by<Unit> : forward_by<Strided>)(s, x, w, bias, y);
}

void backward_data(const nt_conv2d_shape& s, Source dy, const float* w, Target dx) {
    if (s.stride == 1) return backward_data_by<Unit>(s, taps - 1 - s.pad, dy, w, dx);
    backward_data_by<StridedData>(s, 0, dy, w, dx);
}

}  // namespace nt::conv::winograd
