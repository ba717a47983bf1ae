// What the convolution files share: derived sizes, argument checks and the ways to compute a convolution.
#pragma once
#include "element.h"
#include "nativetrain.h"

#include <cstdint>

namespace nt::conv {

enum class Pass { forward = 0, backward_data = 1, backward_weight = 2 };

inline int output_height(const nt_conv2d_shape& s) { return (s.h + 2 * s.pad - s.kh) / s.stride + 1; }
inline int output_width(const nt_conv2d_shape& s) { return (s.w + 2 * s.pad - s.kw) / s.stride + 1; }

// Whether every output pixel comes of the one input pixel at its place: then all pixels of a batch are one long row.
inline bool is_pointwise(const nt_conv2d_shape& s) { return s.kh == 1 && s.kw == 1 && s.stride == 1 && s.pad == 0; }

// Numbers of the two maps.
inline int64_t input_size(const nt_conv2d_shape& s) { return int64_t{s.n} * s.h * s.w * s.ic; }
inline int64_t output_size(const nt_conv2d_shape& s) { return int64_t{s.n} * output_height(s) * output_width(s) * s.oc; }

// Throws std::invalid_argument, saying which size is wrong.
void check(const nt_conv2d_shape& s);

// sums[c] += Σ over rows of x[row][c], in an order that depends on `rows` only.
void add_column_sums(Source x, int64_t rows, int c, float* sums);

// The three passes by whichever implementation conv2d_ways.cpp selects; pointers as in nativetrain.h. Where a map has 16
// bits, a map of floats beside it and the weights are rounded to its type, and products are summed in float.
void forward(const nt_conv2d_shape& s, Source x, const float* w, const float* bias, Target y);
void backward_data(const nt_conv2d_shape& s, Source dy, const float* w, Target dx);
void backward_weight(const nt_conv2d_shape& s, Source x, Source dy, float* dw);
const char* implementation(const nt_conv2d_shape& s, Pass pass, Type type);

// Of the products of an implementation: floating-point operations, a multiply-add counting two, and the type of their factors.
struct Arithmetic {
    int64_t flops;
    Type factors;
};
Arithmetic arithmetic(const nt_conv2d_shape& s, Pass pass, Type type);

}  // namespace nt::conv

// conv2d_onednn.cpp: any shape. Weight gradients, whose sum is split by thread, and of unusual shapes the other passes may
// differ in the last bits between thread counts. Maps that are read are of one type, which the processor multiplies (`computes`).
namespace nt::conv::onednn {
bool computes(Type type);
void forward(const nt_conv2d_shape& s, Source x, const float* w, const float* bias, Target y);
void backward_data(const nt_conv2d_shape& s, Source dy, const float* w, Target dx);
void backward_weight(const nt_conv2d_shape& s, Source x, Source dy, float* dw);
const char* implementation(const nt_conv2d_shape& s, Pass pass, Type type);
}  // namespace nt::conv::onednn

// conv2d_widened.cpp: oneDNN's float convolutions for maps of a type that the processor does not multiply, image by
// image through float copies.
namespace nt::conv::widened {
void forward(const nt_conv2d_shape& s, Source x, const float* w, const float* bias, Target y);
void backward_data(const nt_conv2d_shape& s, Source dy, const float* w, Target dx);
void backward_weight(const nt_conv2d_shape& s, Source x, Source dy, float* dw);
}  // namespace nt::conv::widened
