// Winograd's weight gradient, the transpose of its forward pass (conv2d_winograd.cpp): with the inputs v and the gradients m of
// a tile at the points, du[o,c] += Σ over tiles of m[o] · v[c] in each plane, and at the end dg = Gᵀ du G.
// Where each thread has groups of tiles of its own, the tiles are cut into a number of chunks that depends on the shape only; each sums into
// a partial of its own. A group for all threads is summed block by block of the gradient, which goes to dw at once.
#include "conv2d_partials.h"
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

// A convolution whose gradient is summed, and how its tiles are.
struct Layer {
    const nt_conv2d_shape& s;
    Source x, dy;
    Tiles tiles;
    Groups groups;
    ptrdiff_t x_tile, dy_tile;    // from a tile to the next,
    ptrdiff_t x_plane, dy_plane;  // from a plane to the next

    int oh() const { return output_height(s); }
    int ow() const { return output_width(s); }
    int count(int64_t group) const { return groups.begin(group + 1) - groups.begin(group); }
};

// A group's tiles at the points, in the calling thread's room: planes of x, [tile][c], then those of dy, [tile][o].
template <class A>
const float* to_points(const Layer& q, int64_t group) {
    constexpr int planes = A::points * A::points, sum_planes = A::sums * A::sums;
    const nt_conv2d_shape& s = q.s;
    float* x_points = tile_room(planes * q.x_plane + sum_planes * q.dy_plane + std::max(s.ic, s.oc));
    float *dy_points = x_points + planes * q.x_plane, *zeros = dy_points + sum_planes * q.dy_plane;
    std::fill_n(zeros, std::max(s.ic, s.oc), 0.f);
    const auto top = [&](Position tile) { return tile.row * A::in_step - s.pad; };
    const auto left = [&](Position tile) { return tile.column * A::in_step - s.pad; };
    q.groups.each(q.count(group), [&](int64_t t) {
        const Position tile = q.tiles.at(q.groups.begin(group) + t), later = q.tiles.after(tile);
        const auto x_of = [&](Position tile) { return Image(q.x, tile.image, s.h, s.w, s.ic); };
        const auto dy_of = [&](Position tile) { return Image(q.dy, tile.image, q.oh(), q.ow(), s.oc); };
        const void* next_x = x_of(later).at(top(later), left(later) + A::inputs - A::in_step).p;
        const void* next_dy = dy_of(later).at(later.row * A::outputs, later.column * A::outputs).p;
        patch_to_points<A::inputs, A::points, A::in_step>(NT_TRANSFORM(A::to_points), x_of(tile), top(tile), left(tile),
                                                          next_x, zeros, x_points + t * q.x_tile, {q.x_plane, width});
        patch_to_points<A::outputs, A::sums, A::outputs>(NT_TRANSFORM(A::gradient_to_points), dy_of(tile), tile.row * A::outputs, tile.column * A::outputs,
                                                         next_dy, zeros, dy_points + t * q.dy_tile, {q.dy_plane, width});
    });
    return x_points;
}

// A part of the gradient: output channels as rows, input channels as columns.
struct Block {
    int first_o, rows, first_c, columns;
};

// sums[plane][o][c] (+)= the sums over a group's tiles, in a block.
template <class A>
void multiply_planes(const Layer& q, const float* points, int tiles, const Block& block, bool add, float* sums) {
    constexpr int planes = A::points * A::points, kernels = A::kernels * A::kernels;
    const float *x = points + block.first_c, *dy = points + planes * q.x_plane + block.first_o;
    Term terms[planes + 1];
    int ends[kernels], n = 0;
    for (int kernel = 0; kernel < kernels; kernel++) {
        for (int p = 0; p < planes; p++) {
            const int row = p / A::points, column = p % A::points;
            if (A::kernel_of(row) == kernel / A::kernels && A::kernel_of(column) == kernel % A::kernels)
                terms[n++] = {dy + (A::sum_of(row) * A::sums + A::sum_of(column)) * q.dy_plane, x + p * q.x_plane};
        }
        ends[kernel] = n;
    }
    terms[planes] = terms[0];
    for (int kernel = 0; kernel < kernels; kernel++) {
        const int first = kernel ? ends[kernel - 1] : 0;
        const TileProduct product{.terms = terms + first, .count = ends[kernel] - first, .rows = block.rows, .columns = block.columns, .tiles = tiles,
                                  .a_tile = q.dy_tile, .b_tile = q.x_tile, .add = add, .ahead = q.groups.by_all_threads};
        multiply(product, sums + kernel * plane_of(block.rows, block.columns));
    }
}

// dw[o][kernel][c] += Gᵀ (Σ over parts of sums[part][plane][o][c]) G for one output channel of a block.
template <class A>
void add_gradient(const Layer& q, const float* sums, int parts, const Block& block, int row, float* dw) {
    const ptrdiff_t plane = plane_of(block.rows, block.columns);
    sums += ptrdiff_t{row} * block.columns;
    dw += ptrdiff_t{block.first_o + row} * taps * taps * q.s.ic + block.first_c;
    for (int c = 0; c < block.columns; c += width)
        both_ways<A::kernels, taps>(NT_TRANSFORM(A::weights_from_points), [&](int j) {
            return [&, j](int i) {
                const float* from = sums + (i * A::kernels + j) * plane + c;
                Vec total = load(from);
                for (int part = 1; part < parts; part++) total += load(from + part * A::kernels * A::kernels * plane);
                return total;
            };
        }, [&](int i) {
            return [&, i](int j, Vec v) {
                float* to = dw + (i * taps + j) * ptrdiff_t{q.s.ic} + c;
                store(to, load(to) + v);
            };
        });
}

// Every thread takes chunks of groups of its own; partial gradients are added at the end.
template <class A>
void by_chunks(const Layer& q, int chunks, float* dw) {
    const Block all{0, q.s.oc, 0, q.s.ic};
    const ptrdiff_t partial = A::kernels * A::kernels * plane_of(q.s.oc, q.s.ic);
    const int64_t groups = q.groups.count / chunks;  // of a chunk
    float* sums = partial_room(chunks * partial);
    parallel_tasks(chunks, [&](int64_t chunk) {
        for (int64_t group = chunk * groups; group < (chunk + 1) * groups; group++)
            multiply_planes<A>(q, to_points<A>(q, group), q.count(group), all, group > chunk * groups, sums + chunk * partial);
    });
    parallel_for(q.s.oc, [&](int64_t o) { add_gradient<A>(q, sums, chunks, all, o, dw); });
}

// All threads work on one group after the other; each takes blocks of the gradient, sums over the group and adds to dw.
template <class A>
void by_blocks(const Layer& q, float* dw) {
    constexpr int side = 64, least_blocks = 8;  // a block's planes of sums stay in the L2 cache
    static_assert(side % panel_width == 0);
    const int across = (q.s.ic - 1) / side + 1, down = std::max((q.s.oc - 1) / side + 1, std::min(least_blocks / across, (q.s.oc - 1) / (2 * max_rows_2) + 1));
    for (int64_t group = 0; group < q.groups.count; group++) {
        const float* points = to_points<A>(q, group);
        parallel_for(int64_t{down} * across, [&](int64_t i) {
            const int o = cut(q.s.oc, down, i / across), c = i % across * side;
            const Block block{o, int(cut(q.s.oc, down, i / across + 1)) - o, c, std::min(side, q.s.ic - c)};
            float* sums = partial_room(A::kernels * A::kernels * plane_of(block.rows, block.columns));
            multiply_planes<A>(q, points, q.count(group), block, false, sums);
            for (int row = 0; row < block.rows; row++) add_gradient<A>(q, sums, 1, block, row, dw);
        });
    }
}

template <class A>
void backward_weight_by(const nt_conv2d_shape& s, Source x, Source dy, float* dw) {
    const Tiles tiles(s.n, output_height(s), output_width(s), A::outputs);
    const int64_t floats = A::points * A::points * s.ic + A::sums * A::sums * s.oc, weights = int64_t{s.ic} * s.oc;
    const bool sharing = sharing_is_faster(tiles.count(), weights, Pass::backward_weight);
    Groups groups = sharing ? Groups::for_all_threads(tiles.count(), floats) : Groups::for_each_thread(tiles.count(), floats);
    const int chunks = sharing ? 1 : chunk_count(tiles.count(), A::kernels * A::kernels * plane_of(s.oc, s.ic));
    groups.count = ((groups.count - 1) / chunks + 1) * chunks;
    const int gap = sharing ? cache_line : 0;  // a column of many tiles would share sets of the first-level cache
    const int x_tile = s.ic + gap, dy_tile = s.oc + gap;
    const Layer layer{s, x, dy, tiles, groups, x_tile, dy_tile, plane_of(groups.most(), x_tile), plane_of(groups.most(), dy_tile)};
    if (sharing) by_blocks<A>(layer, dw);
    else by_chunks<A>(layer, chunks, dw);
}

}  // namespace

void backward_weight(const nt_conv2d_shape& s, Source x, Source dy, float* dw) {
    (s.stride == 1 ? backward_weight_by<Unit> : backward_weight_by<Strided>)(s, x, dy, dw);
}

}  // namespace nt::conv::winograd
