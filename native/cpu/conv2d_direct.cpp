// Direct forward and backward-data convolution, both as correlations (conv2d_direct_correlation.cpp).
//
// The gradient of the data at stride 1 is the correlation of dy with the kernel turned by 180°. At stride s
// each residue (h mod s, w mod s) of dx meets its own subset of the taps: s² correlations at stride 1 that
// write every s-th pixel.
#include "conv2d_direct.h"
#include "conv2d_direct_correlation.h"
#include "conv2d_pack.h"

#include <algorithm>
#include <cstring>

namespace nt::conv::direct {
namespace {

// Where pixels have no neighbours, all images are one long row.
void join_rows(Correlation& q) {
    q.out_w = q.w = q.n * q.h * q.w;
    q.out_h = q.h = q.n = 1;
}

// The pixels of dx at (row, column) modulo the stride. Pixel h = a·stride + row meets output (h+pad−kh)/stride
// where that is whole: for kh = kh0, kh0+stride, …; likewise columns.
void backward_data_residue(const nt_conv2d_shape& s, int row, int column, Source dy, const float* w, Target dx) {
    const int kh0 = (row + s.pad) % s.stride, kw0 = (column + s.pad) % s.stride;
    const int taps_h = kh0 < s.kh ? (s.kh - kh0 + s.stride - 1) / s.stride : 0;
    const int taps_w = kw0 < s.kw ? (s.kw - kw0 + s.stride - 1) / s.stride : 0;
    const int row_steps = taps_w * s.oc, steps = taps_h * row_steps, columns = padded(s.ic);

    Correlation q{};
    q.n = s.n, q.h = output_height(s), q.w = output_width(s), q.c = s.oc;
    q.kh = taps_h, q.kw = taps_w, q.stride = 1;
    q.top = taps_h - 1 - (row + s.pad) / s.stride;
    q.left = taps_w - 1 - (column + s.pad) / s.stride;
    q.out_h = (s.h - row + s.stride - 1) / s.stride;
    q.out_w = (s.w - column + s.stride - 1) / s.stride;
    q.out_c = s.ic;
    q.y_image = ptrdiff_t{s.h} * s.w * s.ic;
    q.y_row = ptrdiff_t{s.stride} * s.w * s.ic;
    q.y_pixel = ptrdiff_t{s.stride} * s.ic;
    q.x = dy;
    q.y = dx.from((int64_t{row} * s.w + column) * s.ic);
    if (steps == 0) {  // a kernel smaller than the stride leaves pixels unread
        for (int n = 0; n < q.n; n++)
            for (int i = 0; i < q.out_h; i++)
                for (int j = 0; j < q.out_w; j++)
                    std::memset(q.y.from(n * q.y_image + i * q.y_row + j * q.y_pixel).p, 0, s.ic * element_bytes(q.y.type));
        return;
    }

    float* packed = pack_buffer(size_t(steps + 1) * columns);
    // The correlation walks dy forwards, so the taps run backwards.
    pack(steps, s.ic, 1, packed, [&](int k) {
        const int kh = kh0 + (taps_h - 1 - k / row_steps) * s.stride;
        const int kw = kw0 + (taps_w - 1 - k % row_steps / s.oc) * s.stride;
        return w + ((size_t(k % s.oc) * s.kh + kh) * s.kw + kw) * s.ic;
    });
    float* zero_bias = packed + size_t(steps) * columns;
    std::fill_n(zero_bias, columns, 0.f);
    q.packed = packed;
    q.bias = zero_bias;
    if (is_pointwise(s)) join_rows(q);
    correlate(q);
}

}  // namespace

void forward(const nt_conv2d_shape& s, Source x, const float* w, const float* bias, Target y) {
    const int steps = s.kh * s.kw * s.ic, columns = padded(s.oc);
    float* packed = pack_buffer(size_t(steps + 1) * columns);
    pack(steps, s.oc, steps, packed, [=](int k) { return w + k; });
    float* padded_bias = packed + size_t(steps) * columns;
    std::fill_n(padded_bias, columns, 0.f);
    if (bias) std::copy_n(bias, s.oc, padded_bias);

    Correlation q{};
    q.n = s.n, q.h = s.h, q.w = s.w, q.c = s.ic;
    q.kh = s.kh, q.kw = s.kw, q.stride = s.stride, q.top = q.left = s.pad;
    q.out_h = output_height(s), q.out_w = output_width(s), q.out_c = s.oc;
    q.y_pixel = s.oc;
    q.y_row = ptrdiff_t{q.out_w} * s.oc;
    q.y_image = q.out_h * q.y_row;
    q.x = x;
    q.packed = packed;
    q.bias = padded_bias;
    q.y = y;
    if (is_pointwise(s)) join_rows(q);
    correlate(q);
}

void backward_data(const nt_conv2d_shape& s, Source dy, const float* w, Target dx) {
    for (int row = 0; row < std::min(s.stride, s.h); row++)
        for (int column = 0; column < std::min(s.stride, s.w); column++)
            backward_data_residue(s, row, column, dy, w, dx);
}

}  // namespace nt::conv::direct
