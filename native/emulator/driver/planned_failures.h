// Failures that a test asks for (emu_fail), to try what a GPU does rarely: out of memory in the middle of a library.
#pragma once

namespace emu {

// What this call of a function is to fail with, in the words of its own library; 0: nothing. Counts the call. Call with
// the driver locked.
int planned_failure(const char* function);

}  // namespace emu
