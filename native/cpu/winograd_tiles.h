// Maps as the tiles that Winograd's convolution works on.
// A tile's numbers at the points of both dimensions are A::points² planes; those of many tiles in one plane are a matrix,
// [tile][channel], to be multiplied by the weights of that plane.
#pragma once
#include "conv2d_tile.h"
#include "conv2d_window.h"
#include "nativetrain.h"
#include "winograd_transforms.h"
#include "workspace.h"

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

// A thread's room for tiles at the points: one for all algorithms and passes.
inline float* tile_room(size_t floats) {
    thread_local Workspace workspace;
    return workspace.floats(floats);
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
template <int I, int O, Type in_type = Type::f32, Type out_type = Type::f32, class Transform>
inline __attribute__((always_inline)) void both_ways(Transform transform, const Element<in_type>* in, ptrdiff_t in_row, ptrdiff_t in_column, Element<out_type>* out,
                                                     ptrdiff_t out_row, ptrdiff_t out_column) {
    Vec half[I][O];  // columns transformed: [column][O]
#pragma GCC unroll 9
    for (int j = 0; j < I; j++) {
        Vec column[I];
#pragma GCC unroll 9
        for (int i = 0; i < I; i++) column[i] = nt::load<in_type>(in + i * in_row + j * in_column);
        transform(column, half[j]);
    }
#pragma GCC unroll 9
    for (int i = 0; i < O; i++) {
        Vec row[I], result[O];
#pragma GCC unroll 9
        for (int j = 0; j < I; j++) row[j] = half[j][i];
        transform(row, result);
#pragma GCC unroll 9
        for (int j = 0; j < O; j++) nt::store<out_type>(out + i * out_row + j * out_column, result[j]);
    }
}

// The I × I pixels from (top, left) on, zeros outside of the image, at the O × O points: to[plane][c].
// copy: room for I² · c floats, for patches that cannot be read in the map itself.
template <int I, int O, class Transform>
void patch_to_points(Transform transform, const Image& image, int top, int left, float* copy, float* to, ptrdiff_t plane) {
    const auto run = [&]<Type type>(const Element<type>* p, ptrdiff_t row) {
        for (int c = 0; c < image.c; c += width) both_ways<I, O, type>(transform, p + c, row, image.c, to + c, plane * O, plane);
    };
    if (top >= 0 && left >= 0 && top + I <= image.h && left + I <= image.w) {
        const Source first = image.map.from((int64_t{top} * image.w + left) * image.c);
        return with_type(first.type, [&](auto type) { run.template operator()<type()>(static_cast<const Element<type()>*>(first.p), ptrdiff_t{image.w} * image.c); });
    }
    copy_window(image.map, image.h, image.w, image.c, top, left, I, I, image.c, copy);
    run.template operator()<Type::f32>(copy, ptrdiff_t{I} * image.c);
}

}  // namespace nt::conv::winograd
