// The operating-system threads that run a launch's blocks.
#pragma once
#include <functional>

namespace emu {

// Calls f(0), …, f(count - 1), several at once, and returns when all have returned. f returns false to let no more begin.
void run_parallel(size_t count, const std::function<bool(size_t)>& f);

}  // namespace emu
