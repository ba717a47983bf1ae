// The tile of pictures, of which a tap has three channels: too few for a vector. Here dy's channels are the vector and all
// kh·kw·3 numbers under an output pixel, 27 of a 3×3 kernel, are broadcast: they take 27 registers of the 32.
#pragma once
#include "conv2d_pairs_tile.h"

namespace nt::conv::pairs {

constexpr int few_kernel = 3, few_numbers = 3 * few_kernel;  // a kernel's rows and columns; the numbers of a kernel row
using FewSums = float[few_kernel * few_numbers][width];

// A block's pixels: x's pairs from a kernel row to the next, from an output pixel to the next and from a row of them.
struct FewPixels {
    const Pair *x, *dy;
    ptrdiff_t kernel_row, x_pair, x_row, dy_pair;
    int rows, columns;
};

// sums[kh][kw·c][o] += Σ over pairs of x[pair][kh][kw·c] · dy[pair][o]
inline void multiply_few(const FewPixels& p, FewSums& sums, Ahead& ahead) {
    __m512 acc[few_kernel][few_numbers];
#pragma GCC unroll 3
    for (int k = 0; k < few_kernel; k++)
#pragma GCC unroll 9
        for (int m = 0; m < few_numbers; m++) acc[k][m] = _mm512_load_ps(sums[k * few_numbers + m]);
    const Pair* dy = p.dy;
    for (int r = 0; r < p.rows; r++) {
        const Pair* x = p.x + r * p.x_row;
        for (int c = 0; c < p.columns; c++, x += p.x_pair, dy += p.dy_pair) {
            const auto v = (__m512bh)_mm512_loadu_si512(dy);
            ahead.next();
            ahead.next();
#pragma GCC unroll 3
            for (int k = 0; k < few_kernel; k++)
#pragma GCC unroll 9
                for (int m = 0; m < few_numbers; m++) acc[k][m] = _mm512_dpbf16_ps(acc[k][m], v, (__m512bh)_mm512_set1_epi32(x[k * p.kernel_row + m]));
        }
    }
#pragma GCC unroll 3
    for (int k = 0; k < few_kernel; k++)
#pragma GCC unroll 9
        for (int m = 0; m < few_numbers; m++) _mm512_store_ps(sums[k * few_numbers + m], acc[k][m]);
}

}  // namespace nt::conv::pairs
