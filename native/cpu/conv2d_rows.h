// Convolutions of small kernels by the row of output pixels, with AVX-512: a block of the map is copied with its borders filled in, all
// products of an output are summed in registers, one kernel row after the other, and meanwhile the next block's maps are fetched from
// memory. Sums of bfloat16 products take pairs (VDPBF16PS). A sum's order depends on the shape only. Where
// the numbers under a kernel row fill no whole word, the word's last numbers are the next pixel's, with weights of 0: an infinite one or
// NaN reaches that output too.
#pragma once
#include "conv2d.h"

namespace nt::conv::rows {
constexpr const char* name = "rows:avx512";
// Forward and backward data of ordinary convolutions (groups = 1) that write 8 channels or whole vectors of 16, of maps that are
// float or, where the processor multiplies pairs of them, bfloat16; weight gradients of float maps where computes_weight says so.
bool computes(const nt_conv2d_shape& s, Pass pass, Type type);
// Of what is computed here, where that takes the least time; winograd: whether its way would be taken otherwise.
bool is_faster(const nt_conv2d_shape& s, Pass pass, Type type, bool winograd);
void forward(const nt_conv2d_shape& s, Source x, const float* w, const float* bias, Target y);
void backward_data(const nt_conv2d_shape& s, Source dy, const float* w, Target dx);
// conv2d_rows_weight.cpp: 48, 24 or 3·9 numbers of a kernel row, and whole vectors of dy where it has not 48; dw +=
bool computes_weight(const nt_conv2d_shape& s, Type type);
void backward_weight(const nt_conv2d_shape& s, Source x, Source dy, float* dw);
}  // namespace nt::conv::rows
