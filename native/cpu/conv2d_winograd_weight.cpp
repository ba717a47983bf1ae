// Winograd's weight gradient, the transpose of its forward pass (conv2d_winograd.cpp): with the inputs v and the gradients m of
// a tile at the points, du[c,o] += Σ over tiles of v[c] · m[o] in each plane, and at the end dg = Gᵀ du G.
// The tiles are cut into a number of chunks that depends on the shape only; each sums into a partial of its own.
#include "conv2d_winograd.h"
#include "parallel.h"
#include "winograd_products.h"
#include "winograd_tiles.h"
#include "workspace.h"

#include <bit>

namespace nt::conv::winograd {
namespace {

// Each chunk has a partial gradient, which costs memory and adding up: as many as two megabytes hold, but at least four. No more threads than
// that take part. Their number is a power of two, so that it divides well among threads.
constexpr int64_t least_chunks = 4, most_chunks = 16, partial_floats = 1 << 19;
constexpr int least_tiles = 24;  // of a chunk

int chunk_count(int64_t tiles, int64_t gradient) {
    const int64_t most = std::clamp(std::min(partial_floats / gradient, tiles / least_tiles), least_chunks, most_chunks);
    return std::min<int64_t>(std::bit_floor(uint64_t(most)), tiles);
}

// dw[o][kernel][c] += Gᵀ (Σ over chunks of partial[chunk][plane][c][o]) G, a square of input and output channels at a time.
template <class A>
void add_gradient(const float* partial, int chunks, ptrdiff_t plane, const nt_conv2d_shape& s, float* dw) {
    constexpr int planes = A::kernels * A::kernels, kernel = taps * taps;
    parallel_for(int64_t{s.ic / width} * (s.oc / width), [&](int64_t square) {
        const int first_c = square % (s.ic / width) * width, first_o = square / (s.ic / width) * width;
        alignas(64) float gradient[width][kernel][width];  // [c][kernel][o]
        for (int c = 0; c < width; c++) {
            const float* from = partial + ptrdiff_t{first_c + c} * s.oc + first_o;
            both_ways<A::kernels, taps>(NT_TRANSFORM(A::weights_from_points), [&](int i, int j) {
                const float* p = from + (i * A::kernels + j) * plane;
                Vec total = load(p);
                for (int chunk = 1; chunk < chunks; chunk++) total += load(p + chunk * planes * plane);
                return total;
            }, [&](int i, int j, Vec v) { store(gradient[c][i * taps + j], v); });
        }
        for (int o = 0; o < width; o++)
            for (int k = 0; k < kernel; k++) {
                float* to = dw + (ptrdiff_t{first_o + o} * kernel + k) * s.ic + first_c;
                for (int c = 0; c < width; c++) to[c] += gradient[c][k][o];
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
    constexpr int planes = A::points * A::points, sum_planes = A::sums * A::sums, kernel_planes = A::kernels * A::kernels;
    const int oh = output_height(s), ow = output_width(s);
    const Tiles tiles(s.n, oh, ow, A::outputs);
    const int chunks = chunk_count(tiles.count(), kernel_planes * plane_of(s.ic, s.oc));
    const int64_t blocks = ((tiles.count() - 1) / chunks) / tiles_together(planes * s.ic + sum_planes * s.oc, 4) + 1;  // of a chunk
    const int64_t most = (tiles.count() - 1) / (blocks * chunks) + 1;
    const ptrdiff_t in_plane = plane_of(most, s.ic), out_plane = plane_of(most, s.oc), plane = plane_of(s.ic, s.oc);
    float* partial = partial_room(size_t(chunks) * kernel_planes * plane);
    const auto top = [&](int64_t tile) { return tiles.row(tile) * A::in_step - s.pad; };
    const auto left = [&](int64_t tile) { return tiles.column(tile) * A::in_step - s.pad; };
    parallel_tasks(chunks, [&](int64_t chunk) {
        float* in = tile_room(planes * in_plane + sum_planes * out_plane + std::max(s.ic, s.oc));
        float *out = in + planes * in_plane, *zeros = out + sum_planes * out_plane, *sums = partial + chunk * kernel_planes * plane;
        std::fill_n(zeros, std::max(s.ic, s.oc), 0.f);
        for (int64_t block = chunk * blocks; block < (chunk + 1) * blocks; block++) {
            const int64_t begin = cut(tiles.count(), chunks * blocks, block);
            const int count = cut(tiles.count(), chunks * blocks, block + 1) - begin;
            for (int t = 0; t < count; t++) {
                const int64_t tile = begin + t, later = tile + 1;
                const auto x_of = [&](int64_t tile) { return Image{s.h, s.w, s.ic, x.from(int64_t{tiles.image(tile)} * s.h * s.w * s.ic)}; };
                const auto dy_of = [&](int64_t tile) { return Image{oh, ow, s.oc, dy.from(int64_t{tiles.image(tile)} * oh * ow * s.oc)}; };
                const void* next_x = x_of(later).at(top(later), left(later) + A::inputs - A::in_step).p;
                const void* next_dy = dy_of(later).at(tiles.row(later) * A::outputs, tiles.column(later) * A::outputs).p;
                patch_to_points<A::inputs, A::points, A::in_step>(NT_TRANSFORM(A::to_points), x_of(tile), top(tile), left(tile), next_x, zeros, in + ptrdiff_t{t} * s.ic, {in_plane, width});
                patch_to_points<A::outputs, A::sums, A::outputs>(NT_TRANSFORM(A::gradient_to_points), dy_of(tile), tiles.row(tile) * A::outputs, tiles.column(tile) * A::outputs, next_dy, zeros, out + ptrdiff_t{t} * s.oc, {out_plane, width});
            }
            Term terms[planes];
            for (int kernel = 0; kernel < kernel_planes; kernel++) {
                int n = 0;
                for (int p = 0; p < planes; p++) {
                    const int row = p / A::points, column = p % A::points;
                    if (A::kernel_of(row) == kernel / A::kernels && A::kernel_of(column) == kernel % A::kernels)
                        terms[n++] = {in + p * in_plane, out + (A::sum_of(row) * A::sums + A::sum_of(column)) * out_plane};
                }
                multiply(TileProduct{terms, n, s.ic, s.oc, count, block > chunk * blocks}, sums + kernel * plane);
            }
        }
    });
    add_gradient<A>(partial, chunks, plane, s, dw);
}

}  // namespace

void backward_weight(const nt_conv2d_shape& s, Source x, Source dy, float* dw) {
    (s.stride == 1 ? backward_weight_by<Unit> : backward_weight_by<Strided>)(s, x, dy, dw);
}

}  // namespace nt::conv::winograd
