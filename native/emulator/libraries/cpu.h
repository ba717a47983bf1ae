// The CPU's library (native/cpu), which computes what cuDNN and cuBLAS compute on a GPU.
#pragma once
#include "nativetrain.h"

namespace emu {

// A function of it. The library, which lies beside the emulator's, is loaded when it is first needed. Throws Failure.
void* cpu_function(const char* name);

// Calls it; throws Failure with its message where it does not return 0.
void check_cpu(int status);

}  // namespace emu

#define NT_CPU(function) reinterpret_cast<decltype(&function)>(emu::cpu_function(#function))
