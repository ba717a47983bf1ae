// Weight gradients that read float maps where they lie. A sum's order depends on the shape only.
#pragma once
#include "conv2d.h"

namespace nt::conv::in_place {
#if defined(__AVX512BW__)
constexpr const char* name = "in_place:avx512";
#else
constexpr const char* name = "in_place";
#endif
// Ordinary convolutions (groups = 1) whose input channels fill whole vectors.
bool computes(const nt_conv2d_shape& s);
// Where that takes less time than oneDNN and the direct ones, which copy blocks of the maps.
bool is_faster(const nt_conv2d_shape& s);
// dw +=
void backward_weight(const nt_conv2d_shape& s, Source x, Source dy, float* dw);
}  // namespace nt::conv::in_place
