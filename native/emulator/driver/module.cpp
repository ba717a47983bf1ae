// Modules and their kernels. An emulated module's image is a text, the file whose kernels it stands for (nvrtc.cpp).
#include "module.h"
#include "../block.h"
#include "../check/check.h"
#include "../check/shared_memory.h"
#include "memory.h"
#include "result.h"
#include "settings.h"
#include "stream.h"
#include "workers.h"

#include <algorithm>
#include <cstring>
#include <memory>

namespace emu {

namespace {

constexpr int shared_without_asking = 48 << 10;  // of a block, its own arrays included
constexpr int most_shared = 163 << 10;

struct Function {
    explicit Function(const Kernel* k) : kernel(k), static_shared(static_cast<int>(check::static_shared_bytes(*k))) {}

    const Kernel* kernel;
    int static_shared;  // of the arrays that it declares
    int dynamic_shared = std::max(0, shared_without_asking - static_shared);  // that it may be launched with
};

struct Module {
    std::string file;
    std::map<std::string, std::unique_ptr<Function>> functions;
};

// Kernels and copies are what a graph or a queue keeps: arguments are copied when the kernel is launched.
struct QueuedLaunch {
    Launch launch;
    std::vector<unsigned char> bytes;
    std::vector<size_t> offsets;
};

std::shared_ptr<QueuedLaunch> keep(const Launch& launch, void** arguments) {
    auto kept = std::make_shared<QueuedLaunch>(QueuedLaunch{launch, {}, {}});
    size_t total = 0;
    for (size_t size : launch.kernel->argument_bytes) {
        kept->offsets.push_back(total);
        total += (size + 15) / 16 * 16;
    }
    kept->bytes.resize(total);
    for (size_t i = 0; i < kept->offsets.size(); i++) std::memcpy(&kept->bytes[kept->offsets[i]], arguments[i], launch.kernel->argument_bytes[i]);
    return kept;
}

// Blocks run in any order and beside each other. Of several that fail the first counts: all before it have begun.
void run(QueuedLaunch& queued) {
    std::vector<void*> arguments;
    for (size_t offset : queued.offsets) arguments.push_back(&queued.bytes[offset]);
    Launch launch = queued.launch;
    launch.arguments = arguments.data();
    const Dim3 grid = launch.grid;
    std::mutex mutex;
    size_t failed = ~size_t{0};
    Failure failure;
    if (settings().checked) check::begin_launch(launch);
    run_parallel(size_t{grid.x} * grid.y * grid.z, [&](size_t i) {
        const Dim3 index = {static_cast<unsigned>(i % grid.x), static_cast<unsigned>(i / grid.x % grid.y), static_cast<unsigned>(i / grid.x / grid.y)};
        try {
            run_block(launch, index);
            return true;
        } catch (const KernelFault& fault) {
            std::lock_guard lock(mutex);
            if (i < failed) {
                failed = i;
                failure = {static_cast<CUresult>(fault.kind), fault.what()};
            }
            return false;
        }
    });
    if (failed != ~size_t{0}) throw failure;
}

void check_limits(const Function& function, Dim3 grid, Dim3 dim, unsigned shared) {
    auto text = [](Dim3 d) { return std::to_string(d.x) + " x " + std::to_string(d.y) + " x " + std::to_string(d.z); };
    const std::string name = function.kernel->name;
    auto limit = [](bool holds, const std::string& message) {
        if (!holds) throw Failure{CUDA_ERROR_INVALID_VALUE, message};
    };
    limit(dim.x && dim.y && dim.z && dim.x <= 1024 && dim.y <= 1024 && dim.z <= 64 && size_t{dim.x} * dim.y * dim.z <= 1024,
        name + ": a block of " + text(dim) + " threads; from 1 to 1024 are possible (64 in z)");
    limit(grid.x && grid.y && grid.z && grid.x <= 2147483647u && grid.y <= 65535 && grid.z <= 65535,
        name + ": a grid of " + text(grid) + " blocks; from 1 to 2147483647 x 65535 x 65535 are possible");
    limit(function.static_shared <= shared_without_asking, name + ": its shared arrays have " + std::to_string(function.static_shared) + " bytes; 49152 are possible");
    limit(shared <= static_cast<unsigned>(function.dynamic_shared),
        name + ": " + std::to_string(shared) + " bytes of dynamic shared memory beside " + std::to_string(function.static_shared) + " of its own arrays; " + std::to_string(function.dynamic_shared) + " are allowed (cuFuncSetAttribute)");
}

}  // namespace

std::string image_of(const std::string& file) { return image_start + file; }

}  // namespace emu

using namespace emu;

EMU_API CUresult cuModuleLoadData(void** module, const void* image) {
    return guarded(__func__, [&](Lock&) {
        const std::string_view text = static_cast<const char*>(image);
        require(text.starts_with(image_start), "not an image that the emulator's NVRTC made", CUDA_ERROR_INVALID_IMAGE);
        *module = new Module{std::string(text.substr(std::strlen(image_start))), {}};
    });
}

EMU_API CUresult cuModuleUnload(void* module) {
    return guarded(__func__, [&](Lock& lock) {
        work_until_idle(lock);
        delete static_cast<Module*>(module);
    });
}

EMU_API CUresult cuModuleGetFunction(void** function, void* handle, const char* name) {
    return guarded(__func__, [&](Lock&) {
        auto* module = static_cast<Module*>(handle);
        const Kernel* kernel = find_kernel(name);
        if (!kernel || kernel->file != module->file) throw Failure{CUDA_ERROR_NOT_FOUND, module->file + " has no KERNEL(" + name + ")"};
        auto& entry = module->functions[kernel->name];
        if (!entry) entry = std::make_unique<Function>(kernel);
        *function = entry.get();
    });
}

EMU_API CUresult cuFuncSetAttribute(void* function, int attribute, int value) {
    return guarded(__func__, [&](Lock&) {
        if (attribute != 8) return;  // the others are advice
        auto& of = *static_cast<Function*>(function);
        require(value >= 0 && of.static_shared + value <= most_shared, "more shared memory than a block can have");
        of.dynamic_shared = value;
    });
}

EMU_API CUresult cuFuncGetAttribute(int* value, int attribute, void* function) {
    return guarded(__func__, [&](Lock&) {
        switch (attribute) {
            case 0: *value = 1024; break;  // threads a block
            case 1: *value = static_cast<Function*>(function)->static_shared; break;
            case 2: case 3: case 4: *value = 0; break;  // constant and local memory, registers: not known
            case 8: *value = static_cast<Function*>(function)->dynamic_shared; break;
            default: throw Failure{CUDA_ERROR_INVALID_VALUE, "the emulator does not know this attribute"};
        }
    });
}

// Offsets and sizes of a kernel's parameters; past the last, an error (CUDA 12.4).
EMU_API CUresult cuFuncGetParamInfo(void* function, size_t index, size_t* offset, size_t* size) {
    return guarded(__func__, [&](Lock&) {
        const auto& bytes = static_cast<Function*>(function)->kernel->argument_bytes;
        require(index < bytes.size(), "the kernel has fewer parameters");
        size_t at = 0;
        for (size_t i = 0; i <= index; i++) {
            at = (at + bytes[i] - 1) / bytes[i] * bytes[i];
            if (i < index) at += bytes[i];
        }
        *offset = at;
        if (size) *size = bytes[index];
    });
}

EMU_API CUresult cuLaunchKernel(void* handle, unsigned grid_x, unsigned grid_y, unsigned grid_z, unsigned block_x, unsigned block_y, unsigned block_z,
    unsigned shared, void* stream, void** arguments, void** extra) {
    return guarded(__func__, [&](Lock& lock) {
        static unsigned long long launches;
        require(handle, "no kernel", CUDA_ERROR_INVALID_HANDLE);
        require(!extra, "arguments as a buffer (extra) are not known to the emulator", CUDA_ERROR_NOT_SUPPORTED);
        const auto& function = *static_cast<Function*>(handle);
        const Dim3 grid = {grid_x, grid_y, grid_z}, dim = {block_x, block_y, block_z};
        check_limits(function, grid, dim, shared);
        const unsigned long long seed = settings().seed ? settings().seed + ++launches : 0;
        auto queued = keep({function.kernel, grid, dim, shared, nullptr, seed}, arguments);
        enqueue(lock, stream, [queued] { run(*queued); });
    });
}
