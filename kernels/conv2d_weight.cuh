// A convolution's weight gradient as a product of matrices: dw[o][j] = Σ over pixels of dy[pixel][o] · x'[pixel][j], where
// column j = (tap r, tap t, channel c) of x' is x[n, p·stride+r−pad, q·stride+t−pad, c].
//
// The result is small and the sum long (every pixel of the batch), so the sum is cut: block z of the grid adds up pixels
// [z·split_pixels, (z+1)·split_pixels) and writes its part to partial [splits, oc, kh·kw·pitch]; conv2d_add_partials
// adds the parts in order. How it is cut depends on the shape alone, and so do the bits of the result.
#pragma once
#include "conv2d.cuh"

namespace {

// The pixels (n, p, q) of y that a thread copies: one every `step`-th, each step in a few additions, without a division.
struct OutputPixel {
    int n, p, q;

    DEVICE OutputPixel(const Conv2d& s, int pixel) : n(pixel / (s.oh * s.ow)), p(pixel / s.ow % s.oh), q(pixel % s.ow) {}

    // `step`, as so many images, rows and columns.
    DEVICE void advance(const Conv2d& s, const OutputPixel& step) {
        q += step.q;
        p += step.p + (q >= s.ow);
        q -= q >= s.ow ? s.ow : 0;
        n += step.n + (p >= s.oh);
        p -= p >= s.oh ? s.oh : 0;
    }
};

// A column of x', and where it is in x for a pixel of y.
struct Column {
    int r, t, c;

    DEVICE Column(const Conv2d& s, int column, int pitch) : r(column / pitch / s.kw), t(column / pitch % s.kw), c(column % pitch) {}

    // How many channels of x lie at `at`, from this column's on; none where the tap is outside of the map.
    DEVICE int find(const Conv2d& s, const OutputPixel& pixel, int& at) const {
        const int row = pixel.p * s.stride + r - s.pad, column = pixel.q * s.stride + t - s.pad;
        const bool inside = r < s.kh && static_cast<unsigned>(row) < static_cast<unsigned>(s.h) && static_cast<unsigned>(column) < static_cast<unsigned>(s.w);
        at = inside ? ((pixel.n * s.h + row) * s.w + column) * s.ic + c : 0;
        return inside ? s.ic - c : 0;
    }
};

// The part of the product that a block computes, and what of its operands a thread copies: of some pixels a chunk of
// `chunk` channels of dy (the left operand, rows of the product) and one of columns of x' (the right one).
template <int rows, int columns, int chunk, int threads, int depth>
struct WeightTile {
    static constexpr int left_chunks = rows / chunk, right_chunks = columns / chunk;       // of a pixel
    static constexpr int left_step = threads / left_chunks, right_step = threads / right_chunks;  // pixels, from copy to copy

    const Conv2d& s;
    int all_columns, first_row, first_column;
    int begin, end, steps;  // pixels of y, and how often `depth` of them are multiplied
    int left_chunk, left_pixel, right_chunk, right_pixel, channel;
    Column column;
    OutputPixel pixel, step_of_copies;

    DEVICE WeightTile(const Conv2d& s, int pitch, int split_pixels)
        : s(s), all_columns(s.kh * s.kw * pitch), first_row(blockIdx.x / column_tiles() * rows), first_column(blockIdx.x % column_tiles() * columns),
          begin(static_cast<int>(blockIdx.z * static_cast<long long>(split_pixels))),
          end(static_cast<int>(min((blockIdx.z + 1ll) * split_pixels, static_cast<long long>(s.n) * s.oh * s.ow))), steps((end - begin + depth - 1) / depth),
          left_chunk(threadIdx.x % left_chunks), left_pixel(threadIdx.x / left_chunks), right_chunk(threadIdx.x % right_chunks),
          right_pixel(threadIdx.x / right_chunks), channel(first_row + left_chunk * chunk), column(s, first_column + right_chunk * chunk, pitch),
          pixel(s, begin + right_pixel), step_of_copies(s, right_step) {}

    DEVICE int column_tiles() const { return (all_columns + columns - 1) / columns; }

    // How many channels of dy lie at `at`, to be row `row` of a step.
    DEVICE int find_left(int step, int row, int& at) const {
        const int y = begin + step * depth + row;
        const bool inside = y < end && channel < s.oc;
        at = inside ? y * s.oc + channel : 0;
        return inside ? s.oc - channel : 0;
    }

    // The same of x; a thread asks for its rows in turn.
    DEVICE int find_right(int step, int row, int& at) {
        int channels = column.find(s, pixel, at);
        if (begin + step * depth + row >= end) channels = at = 0;
        pixel.advance(s, step_of_copies);
        return channels;
    }

    // Where the sum of a row and column of the product goes.
    DEVICE long long partial_at(int row, int at) const { return (static_cast<long long>(blockIdx.z) * s.oc + row) * all_columns + at; }
};

}  // namespace
