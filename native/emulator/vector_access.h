// A load or store of several numbers at once: its address must be a multiple of its width.
#pragma once
#include <cstddef>
#include <cstdint>

namespace emu {

[[noreturn]] void misaligned(const void* address, size_t bytes, bool write);

inline void check_alignment(const void* address, size_t bytes, bool write) {
    if (reinterpret_cast<uintptr_t>(address) % bytes) misaligned(address, bytes, write);
}

}  // namespace emu
