// Transposed convolution without padding: the data gradient of the convolution C that maps y's shape to x's
// (same stride, weights w [IC,KH,KW,OC] read as C's OHWI). So each pass here is another pass of C.
#include "conv2d.h"
#include "parallel.h"
#include "status.h"
#include "workspace.h"

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

// y[pixel] += bias
void add_bias(const float* bias, int64_t pixels, int c, nt::Target y) {
    nt::parallel_lines(pixels, c, {}, [&](int64_t first, int64_t count) {
        thread_local nt::Workspace converted;
        for (int64_t p = first; p < first + count / c; p++) {
            float* to = y.open(p * c, c, converted.floats(y.is_float() ? 0 : c), /*keep=*/true);
#pragma omp simd
            for (int o = 0; o < c; o++) to[o] += bias[o];
            y.close(p * c, c, to);
        }
    });
}

}  // namespace

using nt::Source, nt::Target;

int nt_conv_transpose2d_forward(const nt_conv2d_shape* s, int type_x, const void* x, const float* w, const float* bias, int type_y, void* y) {
    return nt::guarded("nt_conv_transpose2d_forward", [&] {
        const nt_conv2d_shape c = mirrored(*s);
        const Target target(type_y, y);
        nt::conv::backward_data(c, Source(type_x, x), w, target);
        if (bias) add_bias(bias, output_pixels(c), c.ic, target);
    });
}

int nt_conv_transpose2d_backward_data(const nt_conv2d_shape* s, int type_dy, const void* dy, const float* w, int type_dx, void* dx) {
    return nt::guarded("nt_conv_transpose2d_backward_data", [&] {
        nt::conv::forward(mirrored(*s), Source(type_dy, dy), w, nullptr, Target(type_dx, dx));
    });
}

int nt_conv_transpose2d_backward_weight(const nt_conv2d_shape* s, int type_x, const void* x, int type_dy, const void* dy, float* dw, float* db) {
    return nt::guarded("nt_conv_transpose2d_backward_weight", [&] {
        const nt_conv2d_shape c = mirrored(*s);
        const Source gradient(type_dy, dy);
        nt::conv::backward_weight(c, gradient, Source(type_x, x), dw);
        if (db) nt::conv::add_column_sums(gradient, output_pixels(c), c.ic, db);
    });
}
