// Weight gradients of bfloat16 maps by the processor's own products of bfloat16 (AVX512_BF16): VDPBF16PS adds the products of
// two neighbouring pairs to each float of a register. It takes numbers below the normal ones for 0 and rounds each of its
// two additions to nearest even whatever the mode (Intel's SDM, vol. 2, VDPBF16PS); a sum has an order that depends on the shape only,
// so the bits do not depend on the number of threads.
#pragma once
#include "conv2d.h"

namespace nt::conv::pairs {
constexpr const char* name = "pairs:avx512_bf16";
// Whether the weight gradient of this shape is written here, for the processor compiled for.
bool computes(const nt_conv2d_shape& s);
// Of what is computed here, where that is the fastest way; `winograd`: where Winograd's would be taken.
bool is_faster(const nt_conv2d_shape& s, bool winograd);
// conv2d_pairs_weight.cpp: dw +=; both maps are of bfloat16
void backward_weight(const nt_conv2d_shape& s, Source x, Source dy, float* dw);
}  // namespace nt::conv::pairs
