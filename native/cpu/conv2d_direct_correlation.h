// A correlation, which is what the direct forward pass and gradient of the data are (conv2d_direct.cpp):
//   y[n,i,j,o] = bias[o] + Σ over kh, kw, c of x[n, i·stride+kh−top, j·stride+kw−left, c] · w[kh,kw,c,o].
#pragma once
#include "conv2d.h"

#include <cstddef>

namespace nt::conv::direct {

struct Correlation {
    int n, h, w, c;                          // input map
    int kh, kw, stride, top, left;
    int out_h, out_w, out_c;
    ptrdiff_t y_image, y_row, y_pixel;       // distances of outputs, in numbers
    Source x{Type::f32, nullptr};
    const float* packed;                     // per panel of out_c: [kh][kw·c][panel width]
    const float* bias;                       // padded(out_c) numbers
    Target y{Type::f32, nullptr};

    bool reaches_outside() const {
        return top > 0 || left > 0 || (out_h - 1) * stride + kh - top > h || (out_w - 1) * stride + kw - left > w;
    }
};

// Writes every output that `q` describes, in y's type. An output's sum has the same order whatever the number of threads.
void correlate(const Correlation& q);

}  // namespace nt::conv::direct
