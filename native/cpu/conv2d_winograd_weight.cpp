// Winograd's weight gradient, the transpose of its forward pass (conv2d_winograd.cpp): with the inputs v and the gradients m of
// a tile at the points, du[c,o] += Σ over tiles of v[c] · m[o] in each plane, and at the end dg = Gᵀ du G.
// The tiles are cut into a number of chunks that depends on the shape only; each sums into a partial of its own.
#include "conv2d_product.h"
#include "conv2d_winograd.h"
#include "parallel.h"
#include "winograd_tiles.h"
#include "workspace.h"

namespace nt::conv::winograd {
namespace {

// Each chunk has a partial gradient, which costs memory and adding up: as many as four megabytes hold, four at least. No more threads than that take part.
constexpr int least_chunks = 4, most_chunks = 16;
constexpr int64_t partial_floats = 1 << 20;

// dw[o][kernel][c] += Gᵀ (Σ over chunks of partial[chunk][plane][c][o]) G, a square of input and output channels at a time.
template <class A>
void add_gradient(const float* partial, int chunks, const nt_conv2d_shape& s, float* dw) {
    constexpr int planes = A::kernels * A::kernels, kernel = taps * taps;
    const ptrdiff_t plane = ptrdiff_t{s.ic} * s.oc;
    parallel_for(plane / (width * width), [&](int64_t square) {
        const int first_c = square % (s.ic / width) * width, first_o = square / (s.ic / width) * width;
        alignas(64) float sum[planes * width], gradient[width * kernel * width];  // gradient [c][kernel][o]
        for (int c = 0; c < width; c++) {
            for (int p = 0; p < planes; p++) {
                const float* from = partial + p * plane + ptrdiff_t{first_c + c} * s.oc + first_o;
                Vec total = load(from);
                for (int chunk = 1; chunk < chunks; chunk++) total += load(from + chunk * planes * plane);
                store(sum + p * width, total);
            }
            both_ways<A::kernels, taps>(NT_TRANSFORM(A::weights_from_points), sum, A::kernels * width, width, gradient + c * kernel * width, taps * width, width);
        }
        for (int o = 0; o < width; o++)
            for (int k = 0; k < kernel; k++) {
                float* to = dw + (ptrdiff_t{first_o + o} * kernel + k) * s.ic + first_c;
                for (int c = 0; c < width; c++) to[c] += gradient[(c * kernel + k) * width + o];
            }
    });
}

// The calling thread's room for partial gradients: one for all algorithms.
float* partial_room(size_t floats) {
    thread_local Workspace workspace;
    return workspace.floats(floats);
}

template <class A>
void backward_weight_by(const nt_conv2d_shape& s, Source x, Source dy, float* dw) {
    constexpr int planes = A::points * A::points, kernel_planes = A::kernels * A::kernels;
    const int oh = output_height(s), ow = output_width(s), together = tiles_together(planes, s.ic, s.oc, 4);
    const Tiles tiles(s.n, oh, ow, A::outputs);
    const int64_t blocks = (tiles.count() + together - 1) / together;
    const ptrdiff_t in_plane = plane_of(together, s.ic), out_plane = plane_of(together, s.oc), plane = ptrdiff_t{s.ic} * s.oc;
    const int chunks = std::min<int64_t>(blocks, std::clamp<int64_t>(partial_floats / (kernel_planes * plane), least_chunks, most_chunks));
    float* partial = partial_room(size_t(chunks) * kernel_planes * plane);
    parallel_tasks(chunks, [&](int64_t chunk) {
        float* in = tile_room(planes * (in_plane + out_plane) + A::inputs * A::inputs * std::max(s.ic, s.oc));
        float *out = in + planes * in_plane, *copy = out + planes * out_plane, *sums = partial + chunk * kernel_planes * plane;
        const int64_t begin = cut(blocks, chunks, chunk) * together, end = cut(blocks, chunks, chunk + 1) * together;
        for (int64_t first = begin; first < end; first += together) {
            const int count = std::min<int64_t>(together, tiles.count() - first);
            for (int t = 0; t < count; t++) {
                const int64_t n = tiles.image(first + t);
                const int row = tiles.row(first + t), column = tiles.column(first + t);
                const Image input{s.h, s.w, s.ic, x.from(n * s.h * s.w * s.ic)}, gradient{oh, ow, s.oc, dy.from(n * oh * ow * s.oc)};
                patch_to_points<A::inputs, A::points>(NT_TRANSFORM(A::to_points), input, row * A::in_step - s.pad, column * A::in_step - s.pad, copy, in + ptrdiff_t{t} * s.ic, in_plane);
                patch_to_points<A::outputs, A::points>(NT_TRANSFORM(A::gradient_to_points), gradient, row * A::outputs, column * A::outputs, copy, out + ptrdiff_t{t} * s.oc, out_plane);
            }
            Product product{1, s.ic, panel_width, s.oc, s.oc, s.ic, s.oc, count, true};
            for (int p = 0; p < planes; p++) {
                const int row = p / A::points, column = p % A::points, kernel = A::kernel_of(row) * A::kernels + A::kernel_of(column);
                product.add = first > begin || row >= A::kernels || column >= A::kernels;  // not the first for this kernel
                multiply(product, in + p * in_plane, out + p * out_plane, sums + kernel * plane);
            }
        }
    });
    add_gradient<A>(partial, chunks, s, dw);
}

}  // namespace

void backward_weight(const nt_conv2d_shape& s, Source x, Source dy, float* dw) {
    (s.stride == 1 ? backward_weight_by<Unit> : backward_weight_by<Strided>)(s, x, dy, dw);
}

}  // namespace nt::conv::winograd
