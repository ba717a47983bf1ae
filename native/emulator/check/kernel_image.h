// What the kernels' library says of itself: where its code and constants lie, and the places of its shared arrays.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace emu::check {

struct Symbol {
    std::string name;  // mangled
    uintptr_t start;   // of code: its address; of a shared array: from the start of the shared arrays
    size_t bytes;
};

struct KernelImage {
    std::string path;
    uintptr_t base;                       // of the addresses in the file
    std::vector<std::pair<uintptr_t, uintptr_t>> segments;  // start and end of what is loaded
    size_t tls_module, tls_bytes;         // the shared arrays are thread-local variables
    std::vector<Symbol> functions, shared;  // shared: in the order of their places

    bool contains(uintptr_t a) const {
        for (auto [start, end] : segments)
            if (a >= start && a < end) return true;
        return false;
    }
};

// Of the library that holds the function; read once, for all kernels lie in one.
const KernelImage& image_of(void (*kernel)());

}  // namespace emu::check
