// The matrix product of dense operands, by the register tile of conv2d_tile.h.
#pragma once
#include "conv2d_tile.h"

namespace nt::conv {

// out[rows][columns] (+)= Σk a[row][k] · b[k][column]; the number of columns is a multiple of a vector.
// b's columns lie in panels of two vectors.
struct Product {
    ptrdiff_t a_row, a_step;
    ptrdiff_t b_panel, b_step;  // from a panel to the next, from a row to the next; b_step 0: as wide as the panel
    ptrdiff_t out_row;
    int rows, columns, steps;
    bool add;
};

template <int M, int N>
struct ProductTile {
    static __attribute__((noinline)) void run(const Product& q, const float* a, const float* b, float* out, int tiles) {
        const ptrdiff_t b_step = q.b_step ? q.b_step : N * width;
        for (int t = 0; t < tiles; t++, a += M * q.a_row, out += M * q.out_row) {
            Tile<M, N> acc;
#pragma GCC unroll 16
            for (int m = 0; m < M; m++)
#pragma GCC unroll 2
                for (int n = 0; n < N; n++) acc[m][n] = q.add ? load(out + m * q.out_row + n * width) : Vec{};
            multiply_add<M, N>(acc, a, q.a_row, q.a_step, b, b_step, q.steps);
#pragma GCC unroll 16
            for (int m = 0; m < M; m++)
#pragma GCC unroll 2
                for (int n = 0; n < N; n++) store(out + m * q.out_row + n * width, acc[m][n]);
        }
    }
};

inline void multiply(const Product& q, const float* a, const float* b, float* out) {
    for (int panel = 0; panel < panels(q.columns); panel++, b += q.b_panel, out += panel_width) {
        const int vectors = vectors_of(q.columns, panel);
        const Tiling tiling(q.rows, max_rows(vectors));
        const ptrdiff_t done = ptrdiff_t{tiling.larger} * (tiling.rows + 1);
        if (tiling.larger) kernel<ProductTile>(tiling.rows + 1, vectors)(q, a, b, out, tiling.larger);
        kernel<ProductTile>(tiling.rows, vectors)(q, a + done * q.a_row, b, out + done * q.out_row, tiling.others);
    }
}

}  // namespace nt::conv
