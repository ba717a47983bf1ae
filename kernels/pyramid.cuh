// The cells of an image's pyramid levels as one list: level 0 row by row, then level 1, and so on.
#pragma once
#include "common.cuh"

constexpr int most_levels = 8;

// Passed to kernels by value; src/NativeTrain.Cuda/Ops/Pyramid.cs fills the same struct.
struct Pyramid {
    int h[most_levels], w[most_levels], stride[most_levels];
    int first[most_levels];  // a level's first cell in the list
    int levels, n;
    int cells;               // Σ h·w, of one image

    DEVICE long long batch_cells() const { return static_cast<long long>(n) * cells; }
    DEVICE float width() const { return static_cast<float>(w[0] * stride[0]); }  // of the network's input, in pixels
    DEVICE float height() const { return static_cast<float>(h[0] * stride[0]); }
};

// Where cell i of the batch's n·cells is.
struct CellPlace {
    int image, level, row, column, stride;
    long long pixel;  // of its level's maps, counted over the batch

    DEVICE CellPlace(const Pyramid& pyramid, long long i) : image(static_cast<int>(i / pyramid.cells)), level(0) {
        const int cell = static_cast<int>(i % pyramid.cells);
        while (level + 1 < pyramid.levels && cell >= pyramid.first[level + 1]) level++;
        const int in_level = cell - pyramid.first[level];
        row = in_level / pyramid.w[level];
        column = in_level % pyramid.w[level];
        stride = pyramid.stride[level];
        pixel = static_cast<long long>(image) * pyramid.h[level] * pyramid.w[level] + in_level;
    }
};
