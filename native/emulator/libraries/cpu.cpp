#include "cpu.h"

#include "../driver/result.h"

#include <dlfcn.h>

#include <string>

namespace emu {

namespace {

constexpr const char* file = "libnativetrain_cpu.so";

void* load() {
    Dl_info own;
    dladdr(reinterpret_cast<void*>(&cpu_function), &own);
    const std::string path = own.dli_fname, folder = path.substr(0, path.find_last_of('/') + 1);
    if (void* library = dlopen((folder + file).c_str(), RTLD_NOW)) return library;
    return dlopen(file, RTLD_NOW);
}

}  // namespace

void* cpu_function(const char* name) {
    static void* const library = load();
    if (!library) throw Failure{CUDA_ERROR_NOT_FOUND, std::string(file) + " is not beside the emulator"};
    void* function = dlsym(library, name);
    if (!function) throw Failure{CUDA_ERROR_NOT_FOUND, std::string(file) + " has no " + name};
    return function;
}

void check_cpu(int status) {
    if (status) throw Failure{CUDA_ERROR_LAUNCH_FAILED, NT_CPU(nt_last_error)()};
}

}  // namespace emu
