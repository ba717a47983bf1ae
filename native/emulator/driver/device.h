// What the device says of itself.
#pragma once

namespace emu {

constexpr int virtual_memory_management = 102;

// By number, as in CUdevice_attribute. Throws for one that the emulator does not know.
int attribute(int number);

}  // namespace emu
