// Convolutions that read float maps where they lie, and fetch a block from memory while the one before is multiplied. A sum's order
// depends on the shape only.
#pragma once
#include "conv2d.h"
#include "conv2d_tile.h"

namespace nt::conv::in_place {
#if defined(__AVX512BW__)
constexpr const char* name = "in_place:avx512";
#else
constexpr const char* name = "in_place";
#endif
// Of ordinary convolutions (groups = 1) forward and backward data where they are 1×1 at stride 1 and the channels written fill whole
// vectors; weight gradients where the input's do.
bool computes(const nt_conv2d_shape& s, Pass pass);
// Whether that takes less time than oneDNN and the direct ones, which copy blocks of the maps: with AVX-512. With maps from memory, on Zen 5,
// weight gradients are 1.1 to 2.5 times as fast as oneDNN's and 1.0 to 1.5 times as the direct ones (of 25 to 400 pixels over many channels up
// to 4 times), the other passes 1.0 to 1.3 times as oneDNN's. With AVX2 multiplying takes so much longer than copying that the direct ones,
// whose blocks are dense, are the better way.
constexpr bool is_faster = width == 16;
// conv2d_in_place.cpp
void forward(const nt_conv2d_shape& s, Source x, const float* w, const float* bias, Target y);
void backward_data(const nt_conv2d_shape& s, Source dy, const float* w, Target dx);
// conv2d_in_place_weight.cpp: dw +=
void backward_weight(const nt_conv2d_shape& s, Source x, Source dy, float* dw);
}  // namespace nt::conv::in_place
