// Winograd convolutions (winograd_transforms.h): 3×3 kernels at stride 1 with four times fewer products than the direct ones, at
// stride 2 with 1.8 times fewer. Products are of floats; maps may be of any type. Sums have an order that depends on the
// shape and the instruction set only. Results are within 5e-5 of the largest number, the direct ones within 1e-5 (tested so). An infinite input or
// NaN reaches all outputs of the tiles that read it.
#pragma once
#include "conv2d.h"

namespace nt::conv::winograd {
// Whether it computes this shape: channels must fill vectors.
bool computes(const nt_conv2d_shape& s);
// Whether it is the fastest way for it; `native`: beside products of the map's own 16-bit type.
bool is_faster(const nt_conv2d_shape& s, Pass pass, bool native);

// Floating-point operations of its products.
int64_t flops(const nt_conv2d_shape& s, Pass pass);

// conv2d_winograd.cpp
void forward(const nt_conv2d_shape& s, Source x, const float* w, const float* bias, Target y);
void backward_data(const nt_conv2d_shape& s, Source dy, const float* w, Target dx);
// conv2d_winograd_weight.cpp: dw +=
void backward_weight(const nt_conv2d_shape& s, Source x, Source dy, float* dw);
}  // namespace nt::conv::winograd
