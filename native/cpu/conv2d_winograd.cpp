// Winograd's forward and backward-data convolution, both as one operation, the correlation of a map with a kernel (for the
// gradient of the data that is dy with the kernel turned by 180°).
// Tiles are taken some at a time: their inputs go to the points, in each plane of points a matrix product over the channels
// follows, and the products come back as outputs.
#include "conv2d_product.h"
#include "conv2d_winograd.h"
#include "parallel.h"
#include "winograd_tiles.h"
#include "workspace.h"

namespace nt::conv::winograd {
namespace {

constexpr int least_tasks = 32;  // where there are tiles enough

struct Correlation {
    int n, h, w, c;             // of the input
    int pad;                    // before the first tile's inputs
    int out_h, out_w, out_c;
    Source x;
    const float* weights;       // [kernel row][kernel column][panel of out_c][c][panel width]
    const float* bias;
    Target y;
};

// The products of a tile in the planes, from[plane][c], as outputs. copy: room for outputs² · out_c floats.
template <class A>
void points_to_outputs(const Correlation& q, const Target& image, int top, int left, const float* from, ptrdiff_t plane, float* copy) {
    const auto run = [&]<Type type>(Element<type>* p, ptrdiff_t row) {
        for (int c = 0; c < q.out_c; c += width)
            both_ways<A::points, A::outputs, Type::f32, type>(NT_TRANSFORM(A::from_points), from + c, plane * A::points, plane, p + c, row, q.out_c);
    };
    const int rows = std::min(A::outputs, q.out_h - top), columns = std::min(A::outputs, q.out_w - left);
    const int64_t first = (int64_t{top} * q.out_w + left) * q.out_c;
    if (!q.bias && rows == A::outputs && columns == A::outputs)
        return with_type(image.type, [&](auto type) {
            run.template operator()<type()>(static_cast<Element<type()>*>(image.from(first).p), ptrdiff_t{q.out_w} * q.out_c);
        });
    run.template operator()<Type::f32>(copy, ptrdiff_t{A::outputs} * q.out_c);
    if (q.bias)
        for (int pixel = 0; pixel < A::outputs * A::outputs; pixel++)
            for (int c = 0; c < q.out_c; c++) copy[pixel * q.out_c + c] += q.bias[c];
    for (int r = 0; r < rows; r++) image.write(first + int64_t{r} * q.out_w * q.out_c, int64_t{columns} * q.out_c, copy + ptrdiff_t{r} * A::outputs * q.out_c);
}

// The calling thread's room for weights at the points: one for all algorithms.
float* weight_room(size_t floats) {
    thread_local Workspace workspace;
    return workspace.floats(floats);
}

template <class A>
void correlate(const Correlation& q) {
    constexpr int planes = A::points * A::points, patch = std::max(A::inputs, A::outputs);
    const Tiles tiles(q.n, q.out_h, q.out_w, A::outputs);
    // Few tiles are shared by all threads too. How tiles are grouped does not change an output's sum.
    const int64_t tasks = std::max((tiles.count() - 1) / tiles_together(planes, q.c, q.out_c, 1) + 1, std::min<int64_t>(least_tasks, (tiles.count() - 1) / max_rows_2 + 1));
    const int together = (tiles.count() - 1) / tasks + 1;
    const ptrdiff_t in_plane = plane_of(together, q.c), out_plane = plane_of(together, q.out_c), weight_plane = ptrdiff_t{q.c} * q.out_c;
    parallel_tasks(tasks, [&](int64_t task) {
        float* in = tile_room(planes * (in_plane + out_plane) + patch * patch * std::max(q.c, q.out_c));
        float *out = in + planes * in_plane, *copy = out + planes * out_plane;
        const int64_t first = cut(tiles.count(), tasks, task);
        const int count = cut(tiles.count(), tasks, task + 1) - first;
        for (int t = 0; t < count; t++) {
            const Image image{q.h, q.w, q.c, q.x.from(int64_t{tiles.image(first + t)} * q.h * q.w * q.c)};
            const int top = tiles.row(first + t) * A::in_step - q.pad, left = tiles.column(first + t) * A::in_step - q.pad;
            patch_to_points<A::inputs, A::points>(NT_TRANSFORM(A::to_points), image, top, left, copy, in + ptrdiff_t{t} * q.c, in_plane);
        }
        const Product product{q.c, 1, ptrdiff_t{q.c} * panel_width, 0, q.out_c, count, q.out_c, q.c, false};
        for (int p = 0; p < planes; p++) {
            const int weights = A::kernel_of(p / A::points) * A::kernels + A::kernel_of(p % A::points);
            multiply(product, in + p * in_plane, q.weights + weights * weight_plane, out + p * out_plane);
        }
        for (int t = 0; t < count; t++) {
            const Target image = q.y.from(int64_t{tiles.image(first + t)} * q.out_h * q.out_w * q.out_c);
            points_to_outputs<A>(q, image, tiles.row(first + t) * A::outputs, tiles.column(first + t) * A::outputs, out + ptrdiff_t{t} * q.out_c, out_plane, copy);
        }
    });
}

// The weights at the points, in the calling thread's room for them. tap(k, c): where the numbers of tap k = 3·kh + kw and input
// channel c begin; those for the outputs lie `stride` apart.
template <class A, class Tap>
const float* pack(int c_in, int c_out, ptrdiff_t stride, Tap tap) {
    const ptrdiff_t plane = ptrdiff_t{c_in} * c_out;
    float* packed = weight_room(A::kernels * A::kernels * plane);
    parallel_for(c_in, [&](int64_t c) {
        alignas(64) float kernel[taps * taps * width];
        for (int o = 0; o < c_out; o += width) {
            for (int k = 0; k < taps * taps; k++) {
                const float* from = tap(k, c) + o * stride;
                for (int i = 0; i < width; i++) kernel[k * width + i] = from[i * stride];
            }
            const int panel = o / panel_width, before = panel * panel_width, n = vectors_of(c_out, panel) * width;
            float* to = packed + ptrdiff_t{before} * c_in + c * n + (o - before);
            both_ways<taps, A::kernels>(NT_TRANSFORM(A::weights_to_points), kernel, taps * width, width, to, plane * A::kernels, plane);
        }
    });
    return packed;
}

template <class A>
void forward_by(const nt_conv2d_shape& s, Source x, const float* w, const float* bias, Target y) {
    const float* packed = pack<A>(s.ic, s.oc, ptrdiff_t{taps * taps} * s.ic, [&](int k, int64_t c) { return w + k * s.ic + c; });
    correlate<A>({s.n, s.h, s.w, s.ic, s.pad, output_height(s), output_width(s), s.oc, x, packed, bias, y});
}

template <class A>
void backward_data_by(const nt_conv2d_shape& s, int pad, Source dy, const float* w, Target dx) {
    const ptrdiff_t filter = ptrdiff_t{taps * taps} * s.ic;
    const float* packed = pack<A>(s.oc, s.ic, 1, [&](int k, int64_t o) { return w + o * filter + (taps * taps - 1 - k) * s.ic; });
    correlate<A>({s.n, output_height(s), output_width(s), s.oc, pad, s.h, s.w, s.ic, dy, packed, nullptr, dx});
}

}  // namespace

bool computes(const nt_conv2d_shape& s) {
    const bool stride = s.stride == 1 ? s.pad < taps : s.stride == 2 && s.pad == 1;
    return s.kh == taps && s.kw == taps && stride && s.groups == 1 && s.ic % width == 0 && s.oc % width == 0;
}

// Measured on Zen 5, with vectors of AVX2 and of AVX-512, between sizes of 10×10 to 160×160 and 8 to 256 channels. Tiles that reach over the
// map's edge are work for nothing: half as much again may be lost so at stride 1, a fifth at stride 2 and against products of 16 bits,
// which take half the time. Fewer than 64 channels do not pay for the transforms at stride 2, nor does stride 2 against 16 bits. A weight
// gradient ends with its 36 planes of ic·oc numbers, which must pay by many tiles.
bool is_faster(const nt_conv2d_shape& s, Pass pass, bool native) {
    if (!computes(s)) return false;
    const int oh = output_height(s), ow = output_width(s);
    const int64_t tiles = Tiles(s.n, oh, ow, Unit::outputs).count();
    if (pass == Pass::backward_weight && tiles * 100 < int64_t{s.ic} * s.oc) return false;
    if (s.stride > 1 && (native || std::min(s.ic, s.oc) < 64)) return false;
    const double waste = double(tiles) * Unit::outputs * Unit::outputs / (double(s.n) * oh * ow);
    return waste <= (s.stride > 1 || native ? 1.2 : 1.5);
}

void forward(const nt_conv2d_shape& s, Source x, const float* w, const float* bias, Target y) {
    (s.stride == 1 ? forward_by<Unit> : forward_by<Strided>)(s, x, w, bias, y);
}

void backward_data(const nt_conv2d_shape& s, Source dy, const float* w, Target dx) {
    if (s.stride == 1) return backward_data_by<Unit>(s, taps - 1 - s.pad, dy, w, dx);
    backward_data_by<StridedData>(s, 0, dy, w, dx);
}

}  // namespace nt::conv::winograd
