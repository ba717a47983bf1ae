// The matrix products of Winograd's convolution, by the register tile of conv2d_tile.h. Their operands are what the transforms left in the
// caches.
#pragma once
#include "winograd_ahead.h"

namespace nt::conv::winograd {

// A sum of products is made of terms: where one's operands begin.
struct Term {
    const float *a, *b;
};

// A product by panels of columns, those in [first, last), and in each by tiles of rows. Operands lie a_row floats further on for a row,
// b_column for a column.
template <template <int, int> class RegisterTile, class Product>
void by_panels(const Product& q, int first, int last, ptrdiff_t a_row, ptrdiff_t b_column, float* out) {
    for (int panel = first; panel < last; panel++) {
        const int vectors = vectors_of(q.columns, panel);
        const Tiling tiling(q.rows, max_rows(vectors));
        const ptrdiff_t done = ptrdiff_t{tiling.larger} * (tiling.rows + 1), b = panel * panel_width * b_column;
        float* to = out + panel * panel_width;
        if (tiling.larger) kernel<RegisterTile>(tiling.rows + 1, vectors)(q, 0, b, to, tiling.larger);
        kernel<RegisterTile>(tiling.rows, vectors)(q, done * a_row, b, to + done * q.columns, tiling.others);
    }
}

// Sums over channels: out[row][column] = Σ over terms, k of a[row][k] · b[k][column]. A row is a tile of the map.
// a lies in blocks of a vector's channels, [block][row][channel], so that the rows of a register tile are at fixed distances; b in panels of
// two vectors, [panel][k][column]; out is dense. `ahead`, if there is any, is fetched meanwhile.
struct ChannelProduct {
    const Term* terms;
    int count;
    int rows, channels, columns;
    PiecesAhead* ahead;
};

// Code of its own for either case: groups for all threads fetch nothing, and take 1 to 2 % longer with a fetch in every step.
template <bool ahead>
struct SumOverChannels {
    template <int M, int N>
    struct Tile {
        static __attribute__((noinline)) void run(const ChannelProduct& q, ptrdiff_t a_first, ptrdiff_t b_first, float* out, int tiles) {
            const ptrdiff_t block = ptrdiff_t{q.rows} * width;
            for (int t = 0; t < tiles; t++, a_first += M * width, out += ptrdiff_t{M} * q.columns) {
                conv::Tile<M, N> acc{};
                for (int i = 0; i < q.count; i++) {
                    const float *a = q.terms[i].a + a_first, *b = q.terms[i].b + b_first;
                    const char* piece = ahead ? q.ahead->next(b) : nullptr;
                    for (int k = 0; k < q.channels; k += width, a += block) {
#pragma GCC unroll 4
                        for (int j = 0; j < width; j++, b += N * width) {
                            for (int at = 0; at < N * width; at += cache_line) prefetch(b + q.channels * N * width + at);  // of the next panel
                            if constexpr (ahead) prefetch_far(piece), piece += PiecesAhead::step;
                            multiply_add<M, N>(acc, a + j, width, 0, b, 0, 1);
                        }
                    }
                }
#pragma GCC unroll 16
                for (int m = 0; m < M; m++)
#pragma GCC unroll 2
                    for (int n = 0; n < N; n++) store(out + ptrdiff_t{m} * q.columns + n * width, acc[m][n]);
            }
        }
    };
};

inline void multiply(const ChannelProduct& q, int first_panel, int last_panel, float* out) {
    const auto by = [&]<bool ahead>() { by_panels<SumOverChannels<ahead>::template Tile>(q, first_panel, last_panel, width, q.channels, out); };
    q.ahead ? by.template operator()<true>() : by.template operator()<false>();
}

// Sums over tiles of the map: out[row][column] (+)= Σ over terms, t of a[t][row] · b[t][column]. out is dense; a and b lie a_tile and
// b_tile floats further on for a tile. The term behind the last one, terms[count], is fetched where `ahead` says so: operands that are not in
// the second cache any more.
struct TileProduct {
    const Term* terms;
    int count;
    int rows, columns, tiles;
    ptrdiff_t a_tile, b_tile;
    bool add, ahead;
};

// Code of its own for either case: the register tile leaves no register for what a product that fetches nothing does not need.
template <bool ahead>
struct SumOverTiles {
    template <int M, int N>
    struct Tile {
        static __attribute__((noinline)) void run(const TileProduct& q, ptrdiff_t a_first, ptrdiff_t b_first, float* out, int tiles) {
            for (int t = 0; t < tiles; t++, a_first += M, out += ptrdiff_t{M} * q.columns) {
                // The first column of register tiles fetches the next term's a, the first row its b.
                const bool fetch_a = ahead && b_first == 0, fetch_b = ahead && a_first == 0;
                conv::Tile<M, N> acc;
#pragma GCC unroll 16
                for (int m = 0; m < M; m++)
#pragma GCC unroll 2
                    for (int n = 0; n < N; n++) acc[m][n] = q.add ? load(out + ptrdiff_t{m} * q.columns + n * width) : Vec{};
                for (int i = 0; i < q.count; i++) {
                    const float *a = q.terms[i].a + a_first, *b = q.terms[i].b + b_first;
                    if (!fetch_a && !fetch_b) {
                        multiply_add<M, N>(acc, a, 1, q.a_tile, b, q.b_tile, q.tiles);
                        continue;
                    }
                    const float *next_a = q.terms[i + 1].a + a_first, *next_b = q.terms[i + 1].b + b_first;
#pragma GCC unroll 4
                    for (int k = 0; k < q.tiles; k++, a += q.a_tile, b += q.b_tile, next_a += q.a_tile, next_b += q.b_tile) {
                        if (fetch_a) prefetch_far(next_a);
                        if (fetch_b)
                            for (int at = 0; at < N * width; at += cache_line) prefetch_far(next_b + at);
                        multiply_add<M, N>(acc, a, 1, 0, b, 0, 1);
                    }
                }
#pragma GCC unroll 16
                for (int m = 0; m < M; m++)
#pragma GCC unroll 2
                    for (int n = 0; n < N; n++) store(out + ptrdiff_t{m} * q.columns + n * width, acc[m][n]);
            }
        }
    };
};

inline void multiply(const TileProduct& q, float* out) {
    const auto by = [&]<bool ahead>() { by_panels<SumOverTiles<ahead>::template Tile>(q, 0, panels(q.columns), 1, 1, out); };
    q.ahead ? by.template operator()<true>() : by.template operator()<false>();
}

}  // namespace nt::conv::winograd
