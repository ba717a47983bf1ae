#include "kernel.h"

#include <map>

namespace emu {

namespace {

std::map<std::string, Kernel>& kernels() {
    static std::map<std::string, Kernel> all;
    return all;
}

std::string without_blanks(const std::string& name) {
    std::string s;
    for (char c : name)
        if (c != ' ') s += c;
    return s;
}

}  // namespace

void add_kernel(Kernel kernel) {
    kernel.name = without_blanks(kernel.name);
    kernel.file = kernel.file.substr(kernel.file.rfind('/') + 1);
    kernels()[kernel.name] = kernel;
}

const Kernel* find_kernel(const std::string& name) {
    auto at = kernels().find(without_blanks(name));
    return at == kernels().end() ? nullptr : &at->second;
}

}  // namespace emu
