// Loads and stores of several numbers at once, as the checked kernels make them: the emulator looks at each as one access
// of its whole width, and then makes it.
#pragma once
#include <cstddef>

namespace emu::check {

void read_vector(void* to, const void* from, size_t bytes);
void write_vector(void* to, const void* from, size_t bytes);

}  // namespace emu::check
