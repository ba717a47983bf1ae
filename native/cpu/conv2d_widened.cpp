// Convolutions of 16-bit maps by oneDNN's float implementation: an image at a time is copied to floats, computed and
// rounded back, so that the copies stay small. For shapes that the direct convolutions do not take.
#include "conv2d.h"
#include "workspace.h"

namespace nt::conv::widened {
namespace {

nt_conv2d_shape one_image(nt_conv2d_shape s) {
    s.n = 1;
    return s;
}

// Room for one image's input and output.
struct Copies {
    float *input, *output;

    explicit Copies(const nt_conv2d_shape& s) {
        thread_local Workspace workspace;
        input = workspace.floats(input_size(one_image(s)) + output_size(one_image(s)));
        output = input + input_size(one_image(s));
    }
};

}  // namespace

void forward(const nt_conv2d_shape& s, Source x, const float* w, const float* bias, Target y) {
    const Copies copies(s);
    const int64_t in = input_size(one_image(s)), out = output_size(one_image(s));
    for (int64_t n = 0; n < s.n; n++) {
        const Source image{Type::f32, x.read(n * in, in, copies.input)};
        float* result = y.open(n * out, out, copies.output);
        onednn::forward(one_image(s), image, w, bias, Target{Type::f32, result});
        y.close(n * out, out, result);
    }
}

void backward_data(const nt_conv2d_shape& s, Source dy, const float* w, Target dx) {
    const Copies copies(s);
    const int64_t in = input_size(one_image(s)), out = output_size(one_image(s));
    for (int64_t n = 0; n < s.n; n++) {
        const Source image{Type::f32, dy.read(n * out, out, copies.output)};
        float* result = dx.open(n * in, in, copies.input);
        onednn::backward_data(one_image(s), image, w, Target{Type::f32, result});
        dx.close(n * in, in, result);
    }
}

void backward_weight(const nt_conv2d_shape& s, Source x, Source dy, float* dw) {
    const Copies copies(s);
    const int64_t in = input_size(one_image(s)), out = output_size(one_image(s));
    for (int64_t n = 0; n < s.n; n++) {
        const Source image{Type::f32, x.read(n * in, in, copies.input)}, gradient{Type::f32, dy.read(n * out, out, copies.output)};
        onednn::backward_weight(one_image(s), image, gradient, dw);
    }
}

}  // namespace nt::conv::widened
