#pragma once
#include "check.h"

namespace emu::check {

// Ends the block: the running thread, at `pc`, did what `message` says.
[[noreturn]] void fault(Fault kind, const void* pc, const std::string& message);

}  // namespace emu::check
