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

}  // namespace
