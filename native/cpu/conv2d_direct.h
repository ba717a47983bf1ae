// Direct convolutions over NHWC maps, written for the register tile of conv2d_tile.h. Every sum has an order
// that depends on the shape only, so the bits do not depend on the number of threads. Maps may be of any type: the blocks
// that a task copies for itself are converted on the way.
#pragma once
#include "conv2d.h"

// Ordinary convolutions: groups = 1.
namespace nt::conv::direct {
// conv2d_direct.cpp
void forward(const nt_conv2d_shape& s, Source x, const float* w, const float* bias, Target y);
void backward_data(const nt_conv2d_shape& s, Source dy, const float* w, Target dx);
// conv2d_direct_weight.cpp: dw +=
void backward_weight(const nt_conv2d_shape& s, Source x, Source dy, float* dw);
}  // namespace nt::conv::direct
