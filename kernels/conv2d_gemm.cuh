// A convolution's forward pass and its data gradient as one product of matrices that are never stored ("implicit GEMM"):
//
//   result[pixel][channel] = Σ over k of map[pixel][k] · weights[channel][k],   k = (tap r, tap t, channel of the map)
//
// where row `pixel` of the left matrix is gathered from the map while it is copied to shared memory. Forward: pixel
// (p, q) reads x at (p·stride + r − pad, q·stride + t − pad). The data gradient at (h, w) reads dy where p·stride + r − pad
// = h: for stride 2 every other r has no such p. So the pixels of dx are taken in stride² phases, h = p·stride + a and
// w = q·stride + b: within one, the taps that hit are r = r0, r0 + stride, …, with r0 = (a + pad) mod stride, and the
// j-th of them reads row p + (a + pad − r0)/stride − j. Thus nothing is multiplied by zero.
//
// Positions within a map are 32-bit: the host gives a kernel so many images at a time that they suffice.
#pragma once
#include "conv2d.cuh"

namespace {

struct Product {
    int n;
    int in_h, in_w, in_c;     // the map that is read
    int out_h, out_w, out_c;  // the map that is written
    int rows, columns;        // pixels (p, q) of an image that are computed here
    int out_step, out_top, out_left;             // (p, q) is written to (out_top + p·out_step, out_left + q·out_step)
    int in_step, in_top, in_left, direction;     // tap (r, t) reads (in_top + p·in_step + r·direction, in_left + …)
    int taps_h, taps_w;                          // how many taps there are
    int weight_top, weight_left, weight_step;    // tap (r, t) is the kernel's (weight_top + r·weight_step, weight_left + …)

    DEVICE int pixels() const { return n * rows * columns; }
    // Whether pixel i of the result reads pixel i of the map and no other: a 1×1 convolution, which is a plain product.
    DEVICE bool pointwise() const {
        return taps_h == 1 && taps_w == 1 && in_step == 1 && in_top == 0 && in_left == 0 && rows == in_h && columns == in_w;
    }
};

DEVICE Product forward_product(const Conv2d& s) {
    return {s.n, s.h, s.w, s.ic, s.oh, s.ow, s.oc, s.oh, s.ow, 1, 0, 0, s.stride, -s.pad, -s.pad, 1, s.kh, s.kw, 0, 0, 1};
}

// Of phase (a, b) = (phase / stride, phase mod stride).
DEVICE Product backward_product(const Conv2d& s, int phase) {
    const int a = phase / s.stride, b = phase % s.stride;
    const int r0 = (a + s.pad) % s.stride, t0 = (b + s.pad) % s.stride;
    const int rows = (s.h - a + s.stride - 1) / s.stride, columns = (s.w - b + s.stride - 1) / s.stride;
    return {s.n, s.oh, s.ow, s.oc, s.h, s.w, s.ic, max(rows, 0), max(columns, 0),
            s.stride, a, b, 1, (a + s.pad) / s.stride, (b + s.pad) / s.stride, -1,
            max(0, (s.kh - r0 + s.stride - 1) / s.stride), max(0, (s.kw - t0 + s.stride - 1) / s.stride), r0, t0, s.stride};
}

// --- tiles in shared memory
// A row of a tile is 64 bytes of one pixel (or of one output channel) along the sum: four chunks of 16 bytes. Chunk i of
// row j lies at place i xor (j/2 mod 4) of its row ("swizzle"): then eight rows' chunk i, which a quarter of a warp reads
// at once, are in eight different groups of four banks, and so are the eight chunks of two rows that it writes at once.
constexpr int row_chunks = 4;

template <class E>
DEVICE E* chunk_at(E* tile, int row, int chunk) {
    return tile + (row * row_chunks + (chunk ^ (row >> 1 & 3))) * vector_width<E>;
}

// --- the walk along the sum, a chunk of channels at a time
struct Walk {
    int r, t, c;  // tap and first channel

    // Forwards by `by` channels of a map that has `pitch` of them.
    DEVICE void advance(int by, int pitch, int taps_w) {
        c += by;
        while (c >= pitch) {
            c -= pitch;
            if (++t == taps_w) {
                t = 0;
                r++;
            }
        }
    }
};

// --- the pixels whose rows of the tile a thread copies
template <int count>
struct Pixels {
    int at[count], row[count], column[count];  // of the pixel's tap (0, 0) in the map: the position of channel 0, and where that is

    // Pixels first, first + step, …; one beyond the last pixel is given a row far outside of the map. Divisions by sizes
    // that the compiler does not know cost more than a short sum: a 1×1 convolution does without.
    DEVICE Pixels(const Product& g, int first, int step) {
        constexpr int outside = -(1 << 24);
        if (g.pointwise()) {
UNROLL
            for (int i = 0; i < count; i++) {
                at[i] = (first + i * step) * g.in_c;
                row[i] = first + i * step < g.pixels() ? 0 : outside;
                column[i] = 0;
            }
        } else {
UNROLL
            for (int i = 0; i < count; i++) {
                const int pixel = first + i * step, n = pixel / (g.rows * g.columns);
                const int down = pixel / g.columns % g.rows * g.in_step + g.in_top, across = pixel % g.columns * g.in_step + g.in_left;
                at[i] = ((n * g.in_h + down) * g.in_w + across) * g.in_c;
                row[i] = n < g.n ? down : outside;
                column[i] = across;
            }
        }
    }

    // Whether tap (r, t) of pixel i is inside the map.
    DEVICE bool inside(const Product& g, int i, int r, int t) const {
        return static_cast<unsigned>(row[i] + r * g.direction) < static_cast<unsigned>(g.in_h) &&
               static_cast<unsigned>(column[i] + t * g.direction) < static_cast<unsigned>(g.in_w);
    }
};

// Where the result's pixel is, as the position of its channel 0.
DEVICE long long result_at(const Product& g, int pixel) {
    if (g.out_step == 1) return static_cast<long long>(pixel) * g.out_c;  // all pixels of the result, in order
    const int n = pixel / (g.rows * g.columns), row = pixel / g.columns % g.rows * g.out_step + g.out_top;
    const int column = pixel % g.columns * g.out_step + g.out_left;
    return ((static_cast<long long>(n) * g.out_h + row) * g.out_w + column) * g.out_c;
}

}  // namespace
