// Maps as the tiles that Winograd's convolution works on, and the matrix product at each point.
// A tile's numbers at the points of both dimensions are A::points² planes; those of many tiles in one plane are a matrix,
// [tile][channel], to be multiplied by the weights of that plane.
#pragma once
#include "conv2d_vector.h"
#include "conv2d_window.h"
#include "nativetrain.h"
#include "winograd_transforms.h"

#include <algorithm>

namespace nt::conv::winograd {

// Where the tiles lie: image by image, row by row. In tiles, not pixels.
struct Tiles {
    int n, rows, columns;

    Tiles(int n, int h, int w, int outputs) : n(n), rows((h + outputs - 1) / outputs), columns((w + outputs - 1) / outputs) {}
    int64_t count() const { return int64_t{n} * rows * columns; }
    int image(int64_t tile) const { return tile / columns / rows; }
    int row(int64_t tile) const { return tile / columns % rows; }
    int column(int64_t tile) const { return tile % columns; }
};

// Tiles that are worked on together: what they have at the points, before and after the product, should stay in the L2 cache.
inline int tiles_together(int planes, int c_in, int c_out, int least) {
    constexpr int cache_floats = 256 * 1024;
    const int fitting = cache_floats / (planes * (c_in + c_out));
    return std::clamp(fitting / max_rows_2, least, 8) * max_rows_2;
}

// Distance from a plane to the next. A cache line more than the tiles take, lest the planes share sets of the caches.
inline ptrdiff_t plane_of(int tiles, int c) { return ptrdiff_t{tiles} * c + 16; }

// One image's map of h × w pixels of c channels.
struct Image {
    int h, w, c;
    Source map;
};

// A transform as an object whose type says which it is, so that it is compiled into both_ways.
#define NT_TRANSFORM(function) [](const auto& from, auto& to) { function(from, to); }

// Both directions of a transform from I to O numbers: rows and columns of what is read and written lie `row` and `column` elements apart.
template <int I, int O, class Transform, class In, class Out>
inline __attribute__((always_inline)) void both_ways(Transform transform, const In* in, ptrdiff_t in_row, ptrdiff_t in_column, Out* out,
                                                     ptrdiff_t out_row, ptrdiff_t out_column) {
    Vec half[I][O];  // columns transformed: [column][O]
#pragma GCC unroll 9
    for (int j = 0; j < I; j++) {
        Vec column[I];
#pragma GCC unroll 9
        for (int i = 0; i < I; i++) column[i] = load(in + i * in_row + j * in_column);
        transform(column, half[j]);
    }
#pragma GCC unroll 9
    for (int i = 0; i < O; i++) {
        Vec row[I], result[O];
#pragma GCC unroll 9
        for (int j = 0; j < I; j++) row[j] = half[j][i];
        transform(row, result);
#pragma GCC unroll 9
        for (int j = 0; j < O; j++) store(out + i * out_row + j * out_column, result[j]);
    }
}

// The I × I pixels from (top, left) on, zeros outside of the image, at the O × O points: to[plane][c].
// copy: room for I² · c floats, for patches that cannot be read in the map itself.
template <int I, int O, class Transform>
void patch_to_points(Transform transform, const Image& image, int top, int left, float* copy, float* to, ptrdiff_t plane) {
    const auto run = [&](const auto* p, ptrdiff_t row) {
        for (int c = 0; c < image.c; c += width) both_ways<I, O>(transform, p + c, row, image.c, to + c, plane * O, plane);
    };
    if (image.map.type != Type::f16 && top >= 0 && left >= 0 && top + I <= image.h && left + I <= image.w) {
        const Source first = image.map.from((int64_t{top} * image.w + left) * image.c);
        return with_pointer(first.type, first.p, [&](const auto* p) { run(p, ptrdiff_t{image.w} * image.c); });
    }
    copy_window(image.map, image.h, image.w, image.c, top, left, I, I, image.c, copy);
    run(copy, ptrdiff_t{I} * image.c);
}

// out[rows][columns] (+)= Σk a[row][k] · b[k][column], b's columns in panels.
struct Product {
    ptrdiff_t a_row, a_step;
    ptrdiff_t b_panel, b_step;  // b_step 0: as wide as the panel
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

}  // namespace nt::conv::winograd
