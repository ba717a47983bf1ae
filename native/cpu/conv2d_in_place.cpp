// 1×1 convolutions at stride 1 of float maps, forward and backward data. Both are one matrix product over all pixels of all images,
//   out[p,j] = bias[j] + Σk in[p,k] · b[k,j],   b = wᵀ forward, b = w for the gradient of the data,
// whose maps come from memory once: a block of pixels is multiplied with all panels of b, and meanwhile the tiles' steps ask for
// the lines that the next block reads and writes, so that memory and multipliers work at the same time. An output is one sum
// in the order of k, whatever the blocks.
#include "conv2d_in_place.h"
#include "conv2d_pack.h"
#include "parallel.h"

#include <algorithm>

namespace nt::conv::in_place {
namespace {

constexpr int stretch = 16;          // steps of a tile between two fetches: in the steps themselves all registers are in use
constexpr int block_floats = 32768;  // of a block's maps: they, the next block's and b stay in the L2 cache

// Tiles side by side along the pixels, for one panel of b.
struct Strip {
    const float* in;
    int steps;            // channels of in
    const float *b, *bias;
    float* out;
    ptrdiff_t out_pixel;
    const float *next_in, *next_out;          // what the first tile fetches,
    ptrdiff_t in_fetch, out_fetch;            // in each stretch so many floats,
    ptrdiff_t next_in_pixel, next_out_pixel;  // and how far a tile is from the next one for each pixel of it
};

template <int M, int N>
struct PixelTile {
    static __attribute__((noinline)) void run(const Strip& s, int tiles) {
        const float *in = s.in, *next_in = s.next_in, *next_out = s.next_out;
        float* out = s.out;
        for (int t = 0; t < tiles; t++) {
            Tile<M, N> acc;
#pragma GCC unroll 16
            for (int m = 0; m < M; m++)
#pragma GCC unroll 2
                for (int n = 0; n < N; n++) acc[m][n] = load(s.bias + n * width);
            const float *b = s.b, *fetch_in = next_in, *fetch_out = next_out;
            for (int k = 0; k < s.steps; k += stretch, b += stretch * N * width, fetch_in += s.in_fetch, fetch_out += s.out_fetch) {
                for (ptrdiff_t i = 0; i < s.in_fetch; i += cache_line) prefetch(fetch_in + i);
                for (ptrdiff_t i = 0; i < s.out_fetch; i += cache_line) prefetch_to_write(fetch_out + i);
                multiply_add<M, N>(acc, in + k, s.steps, 1, b, N * width, std::min(stretch, s.steps - k));
            }
#pragma GCC unroll 16
            for (int m = 0; m < M; m++)
#pragma GCC unroll 2
                for (int n = 0; n < N; n++) store(out + m * s.out_pixel + n * width, acc[m][n]);
            in += ptrdiff_t{M} * s.steps, out += M * s.out_pixel;
            next_in += M * s.next_in_pixel, next_out += M * s.next_out_pixel;
        }
    }
};

struct Product {
    int64_t pixels;
    int k, columns;
    const float *in, *packed, *bias;
    float* out;
};

// out for pixels [begin, end). Each panel's tiles fetch their part of the next block.
void block(const Product& q, int64_t begin, int64_t end, int64_t next) {
    const int count = panels(q.columns), pixels = end - begin;
    for (int panel = 0; panel < count; panel++) {
        const int first = panel * panel_width, vectors = vectors_of(q.columns, panel);
        const Tiling tiling(pixels, max_rows(vectors));
        Strip s{};
        s.in = q.in + begin * q.k;
        s.steps = q.k;
        s.b = q.packed + ptrdiff_t{first} * q.k;
        s.bias = q.bias + first;
        s.out = q.out + begin * q.columns + first;
        s.out_pixel = q.columns;
        s.next_in_pixel = q.k / count, s.next_out_pixel = q.columns / count;
        s.next_in = q.in + next * q.k + panel * s.next_in_pixel * pixels;
        s.next_out = q.out + next * q.columns + panel * s.next_out_pixel * pixels;
        const auto run = [&](int rows, int tiles) {
            if (tiles == 0) return;
            const int stretches = (q.k + stretch - 1) / stretch;
            s.in_fetch = (rows * s.next_in_pixel + stretches - 1) / stretches, s.out_fetch = (rows * s.next_out_pixel + stretches - 1) / stretches;
            kernel<PixelTile>(rows, vectors)(s, tiles);
            const ptrdiff_t done = ptrdiff_t{rows} * tiles;
            s.in += done * q.k, s.out += done * q.columns;
            s.next_in += done * s.next_in_pixel, s.next_out += done * s.next_out_pixel;
        };
        run(tiling.rows + 1, tiling.larger);
        run(tiling.rows, tiling.others);
    }
}

void multiply(const Product& q) {
    const int64_t together = std::clamp<int64_t>(block_floats / (q.k + q.columns), 4 * max_rows_2, 32 * max_rows_2);
    const int64_t blocks = (q.pixels + together - 1) / together;
    parallel_for(blocks, [&](int64_t i) {
        const int64_t next = cut(q.pixels, blocks, std::min(i + 1, blocks - 1));
        block(q, cut(q.pixels, blocks, i), cut(q.pixels, blocks, i + 1), next);
    });
}

}  // namespace

bool computes(const nt_conv2d_shape& s, Pass pass) {
    if (s.groups != 1 || (pass == Pass::forward ? s.oc : s.ic) % width != 0) return false;
    return pass == Pass::backward_weight || is_pointwise(s);
}

void forward(const nt_conv2d_shape& s, Source x, const float* w, const float* bias, Target y) {
    float *packed = pack_buffer(size_t(s.ic + 1) * s.oc), *start = packed + size_t(s.ic) * s.oc;
    pack(s.ic, s.oc, s.ic, packed, [=](int k) { return w + k; });
    if (bias) std::copy_n(bias, s.oc, start);
    else std::fill_n(start, s.oc, 0.f);
    multiply({int64_t{s.n} * s.h * s.w, s.ic, s.oc, x.floats(), packed, start, y.floats()});
}

void backward_data(const nt_conv2d_shape& s, Source dy, const float* w, Target dx) {
    float *packed = pack_buffer(size_t(s.oc + 1) * s.ic), *start = packed + size_t(s.oc) * s.ic;
    pack(s.oc, s.ic, 1, packed, [=, &s](int k) { return w + ptrdiff_t{k} * s.ic; });
    std::fill_n(start, s.ic, 0.f);
    multiply({int64_t{s.n} * s.h * s.w, s.oc, s.ic, dy.floats(), packed, start, dx.floats()});
}

}  // namespace nt::conv::in_place
