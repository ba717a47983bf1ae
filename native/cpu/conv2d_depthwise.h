// Depthwise convolutions, groups = ic = oc, over maps of any type: channels are the vectors, and no sum crosses them. Every sum has an
// order that depends on the shape only.
#pragma once
#include "conv2d.h"

namespace nt::conv::depthwise {
#if defined(__AVX512BW__)
constexpr const char* name = "depthwise:avx512";
#else
constexpr const char* name = "depthwise";
#endif
// Weight gradients of all depthwise ones; forward and backward data where is_3x3: kernels of 3×3 at stride 1 with a border of 1, over whole vectors of channels.
bool is_3x3(const nt_conv2d_shape& s);
bool computes(const nt_conv2d_shape& s, Pass pass);
// Of what is computed here, where that takes less time than oneDNN.
bool is_faster(const nt_conv2d_shape& s, Pass pass);
// conv2d_depthwise_3x3.cpp
void forward(const nt_conv2d_shape& s, Source x, const float* w, const float* bias, Target y);
void backward_data(const nt_conv2d_shape& s, Source dy, const float* w, Target dx);
// x and dy are of one type here and in backward_weight.
void backward_weight_3x3(const nt_conv2d_shape& s, Source x, Source dy, float* dw);
// conv2d_depthwise.cpp: dw +=
constexpr int most_chunks = 16;  // of a weight gradient, each with its own sums
// dw[channel][tap] += Σ over chunks, in their order, of sums[chunk][tap][pitch], which the sums of the first chunk become.
void add_chunks(const nt_conv2d_shape& s, float* sums, int64_t chunks, int pitch, float* dw);
void backward_weight(const nt_conv2d_shape& s, Source x, Source dy, float* dw);
}  // namespace nt::conv::depthwise
