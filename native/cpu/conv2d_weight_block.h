// The weight gradient of a block of output pixels, by the register tile of conv2d_tile.h: a matrix product whose inner dimension
// runs over the pixels, and whose left operand is x under a kernel row, its right one dy.
// A Number is what one step multiplies: a float, or a pair of bfloat16 numbers of two neighbouring pixels.
#pragma once
#include "conv2d_tile.h"
#include "nativetrain.h"

#include <algorithm>

namespace nt::conv::direct {

// A block of output pixels. One step's x lies `pitch` numbers from its neighbour's.
template <class Number>
struct Block {
    const Number* x;
    ptrdiff_t pitch, x_row;  // x_row: from an input row to the next
    const Number* dy;        // per panel of oc: [rows][steps of a row][panel width]
    int rows, columns;       // columns: steps of a row
    int taps, numbers;       // of a kernel row: `taps` pieces of `numbers` numbers, which lie together; pieces are a pitch apart
};

// Tiles side by side along a kernel row.
template <class Number>
struct Strip {
    const Number* a;
    ptrdiff_t a_row, a_step;
    const Number* b;
    int rows, columns;
    float* partial;
};

// partial[M][N vectors] += Σ over steps of x[step][m] · dy[step][n]
template <class Number>
struct WeightProduct {
    template <int M, int N>
    struct Of {
        static __attribute__((noinline)) void run(const Strip<Number>& s, int tiles) {
            for (int t = 0; t < tiles; t++) {
                Tile<M, N> acc;
#pragma GCC unroll 16
                for (int m = 0; m < M; m++)
#pragma GCC unroll 2
                    for (int n = 0; n < N; n++) acc[m][n] = Vec{};
                const Number *a = s.a + t * M, *b = s.b;
                for (int r = 0; r < s.rows; r++, a += s.a_row, b += s.columns * N * width)
                    multiply_add<M, N>(acc, a, 1, s.a_step, b, N * width, s.columns);
                float* p = s.partial + t * M * N * width;
#pragma GCC unroll 16
                for (int m = 0; m < M; m++)
#pragma GCC unroll 2
                    for (int n = 0; n < N; n++, p += width) store(p, load(p) + acc[m][n]);
            }
        }
    };
};

// Adds a block of pixels to `partial`: per panel of oc, [kh][kw·c][panel width].
template <class Number>
void add_block(const nt_conv2d_shape& s, const Block<Number>& block, float* partial) {
    Strip<Number> strip{nullptr, s.stride * block.x_row, block.taps == 1 && s.kw > 1 && block.numbers == s.kw * s.ic && block.pitch >= block.numbers ? block.pitch : s.stride * block.pitch, block.dy, block.rows, block.columns, partial};
    (void)strip;
}

}  // namespace nt::conv::direct
