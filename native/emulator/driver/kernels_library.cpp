#include "kernels_library.h"
#include "result.h"
#include "settings.h"

#include <dlfcn.h>

namespace emu {

void load_kernels() {
    static void* library;
    if (library) return;
    std::string path;
    if (settings().kernels) {
        path = settings().kernels;
    } else {
        Dl_info self;
        dladdr(reinterpret_cast<void*>(&load_kernels), &self);
        path = self.dli_fname;
        path = path.substr(0, path.rfind('/') + 1) + (settings().checked ? "libnativetrain_kernels_checked.so" : "libnativetrain_kernels.so");
    }
    library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (!library) throw Failure{CUDA_ERROR_NO_DEVICE, dlerror()};
}

}  // namespace emu
