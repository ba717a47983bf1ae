#include "vector_access.h"
#include "block.h"

namespace emu {

void misaligned(const void* address, size_t bytes, bool write) {
    fail(Fault::misaligned, "misaligned " + std::string(write ? "store" : "load") + " of " + std::to_string(bytes) + " bytes at " + std::to_string(reinterpret_cast<uintptr_t>(address) % bytes) + " bytes past a multiple", __builtin_return_address(0));
}

}  // namespace emu
