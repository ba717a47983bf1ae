// What an emulated "cubin" is: a text that names a file of kernels.
#pragma once
#include <string>

namespace emu {

constexpr const char* image_start = "nativetrain emulator image of ";
std::string image_of(const std::string& file);

}  // namespace emu
