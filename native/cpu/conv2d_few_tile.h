// The tile of weight gradients whose taps have few channels: too few for a vector, so dy's channels are the vector, and the numbers under a
// kernel row (24; of a picture's 9 those of three kernel rows) are broadcast. Each of them keeps a register over a whole block.
#pragma once
#include "conv2d_ahead.h"
#include "conv2d_words.h"

#include <cstring>

namespace nt::conv {

// A block's maps, in words (conv2d_words.h): distances from a kernel row to the next, from an output pixel to its neighbour and to the next row's.
struct Pixels {
    const Word *x, *dy;
    ptrdiff_t kernel_row, x_pixel, x_row, dy_pixel, dy_row;
    int rows, columns;

    // body(x, dy) for every output pixel, each of which asks for so many lines of what comes next: two for a picture, which is met but once.
    template <int lines, class Body>
    inline __attribute__((always_inline)) void each(Ahead& ahead, Body body) const {
        for (int r = 0; r < rows; r++) {
            const Word *from = x + r * x_row, *gradient = dy + r * dy_row;
            for (int c = 0; c < columns; c++, from += x_pixel, gradient += dy_pixel) {
                ahead.next(lines);
                body(from, gradient);
            }
        }
    }
};

// sums[K kernel rows][M numbers][lane] += Σ over pixels of x[pixel][k][m] · dy[pixel][lane]
template <Type type, int K, int M>
__attribute__((noinline)) void add_few(const Pixels& p, float* sums, Ahead& ahead) {
    Vec acc[K][M];
#pragma GCC unroll 3
    for (int k = 0; k < K; k++)
#pragma GCC unroll 24
        for (int m = 0; m < M; m++) acc[k][m] = load(sums + (k * M + m) * width);
    p.each<K == 1 ? 1 : 2>(ahead, [&](const Word* x, const Word* dy) __attribute__((always_inline)) {
        Vec v;
        std::memcpy(&v, dy, sizeof v);
#pragma GCC unroll 3
        for (int k = 0; k < K; k++)
#pragma GCC unroll 24
            for (int m = 0; m < M; m++) acc[k][m] = multiply_add<type>(acc[k][m], broadcast(x + k * p.kernel_row + m), v);
    });
#pragma GCC unroll 3
    for (int k = 0; k < K; k++)
#pragma GCC unroll 24
        for (int m = 0; m < M; m++) store(sums + (k * M + m) * width, acc[k][m]);
}

}  // namespace nt::conv
