// Which implementation computes a convolution.
#pragma once
#include "conv2d.h"

namespace nt::conv {

// `widened` is oneDNN too, with float copies of maps whose type the processor does not multiply.
enum class Way { direct, depthwise, in_place, pairs, rows, winograd, onednn, widened };

// By shape, type and instruction set, never by timing: the same machine must give the same bits on every run.
// NATIVETRAIN_CONV=onednn, direct, in_place, pairs, rows or winograd forces one of them where it computes the shape, for tests and measurements.
Way way_of(const nt_conv2d_shape& s, Pass pass, Type type);

// Of our own ways, else null.
const char* name_of(Way way);

}  // namespace nt::conv
