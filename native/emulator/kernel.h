// Kernels by name: each .cu file registers those of its KERNEL lines when its library is loaded.
#pragma once
#include <cstddef>
#include <string>
#include <vector>

namespace emu {

struct Dim3 {
    unsigned x, y, z;
};

struct Kernel {
    std::string name, file;                        // as in its KERNEL line, without blanks; "silu.cu"
    void (*run)(void (*kernel)(), void** arguments);  // one thread: the kernel called with the addresses of its arguments
    void (*kernel)();
    std::vector<size_t> argument_bytes;
};

void add_kernel(Kernel kernel);
const Kernel* find_kernel(const std::string& name);  // null: there is none

}  // namespace emu
