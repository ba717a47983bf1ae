// Several stacks on one operating-system thread.
#pragma once
#include <cstddef>

namespace emu {

// Saves where the caller is in *from and goes on where `to` was saved. (x86-64 System V: the callee-saved registers.)
extern "C" void emu_switch(void** from, void* to);

// A stack on which `entry` starts at the first switch to what this returns; `entry` must never return.
void* new_context(unsigned char* stack, size_t bytes, void (*entry)());

}  // namespace emu
