// Transposed convolution without padding: the data gradient of the convolution C that maps y's shape to x's
// (same stride, weights w [IC,KH,KW,OC] read as C's OHWI). So each pass here is another pass of C.
#include "conv2d.h"
#include "status.h"

#include <stdexcept>

namespace {

nt_conv2d_shape mirrored(const nt_conv2d_shape& s) {
    if (s.pad != 0 || s.groups != 1) throw std::invalid_argument("a transposed convolution has no padding and one group");
    nt_conv2d_shape c = s;
    c.h = (s.h - 1) * s.stride + s.kh;
    c.w = (s.w - 1) * s.stride + s.kw;
    c.ic = s.oc;
    c.oc = s.ic;
    nt::conv::check(c);
    return c;
}

int64_t output_pixels(const nt_conv2d_shape& c) { return int64_t{c.n} * c.h * c.w; }

}  // namespace

int nt_conv_transpose2d_forward(const nt_conv2d_shape* s, const float* x, const float* w, const float* bias, float* y) {
    return nt::guarded("nt_conv_transpose2d_forward", [&] {
        const nt_conv2d_shape c = mirrored(*s);
        nt::conv::backward_data(c, x, w, y);
        if (!bias) return;
        const int64_t pixels = output_pixels(c);
#pragma omp parallel for schedule(static) if (pixels > 1024)
        for (int64_t p = 0; p < pixels; p++)
#pragma omp simd
            for (int o = 0; o < c.ic; o++) y[p * c.ic + o] += bias[o];
    });
}

int nt_conv_transpose2d_backward_data(const nt_conv2d_shape* s, const float* dy, const float* w, float* dx) {
    return nt::guarded("nt_conv_transpose2d_backward_data", [&] {
        nt::conv::forward(mirrored(*s), dy, w, nullptr, dx);
    });
}

int nt_conv_transpose2d_backward_weight(const nt_conv2d_shape* s, const float* x, const float* dy, float* dw, float* db) {
    return nt::guarded("nt_conv_transpose2d_backward_weight", [&] {
        const nt_conv2d_shape c = mirrored(*s);
        nt::conv::backward_weight(c, dy, x, dw);
        if (db) nt::conv::add_column_sums(dy, output_pixels(c), c.ic, db);
    });
}
