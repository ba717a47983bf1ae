#pragma once
#include <string>

namespace emu::check {

// The line of a .cu file that holds the instruction before `pc`, or that calls the header's function which holds it:
// "silu.cu:21". Empty: not known, because no .cu file has to do with it or the system has no addr2line.
std::string source_line(const void* pc);

}  // namespace emu::check
