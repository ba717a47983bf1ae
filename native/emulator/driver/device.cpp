// The one device and its primary context. What the context owns goes with it: after its release a failed device is new.
#include "../emulator.h"
#include "device.h"
#include "kernels_library.h"
#include "memory.h"
#include "pinned.h"
#include "result.h"
#include "settings.h"
#include "stream.h"
#include "virtual.h"

#include <cstdio>
#include <map>

namespace emu {

namespace {

bool initialized;
int retained;
int the_context;

// By number, as in CUdevice_attribute: those of a GPU of compute capability 8.0.
std::map<int, int> attributes = {
    {1, 1024},           // threads in a block
    {2, 1024},           // in x
    {3, 1024},           // in y
    {4, 64},             // in z
    {5, 2147483647},     // blocks in x
    {6, 65535},          // in y
    {7, 65535},          // in z
    {8, 48 << 10},       // shared memory of a block
    {9, 64 << 10},       // constant memory
    {10, 32},            // lanes of a warp
    {12, 65536},         // registers of a block
    {13, 1000000},       // clock, kHz
    {16, 4},             // multiprocessors
    {31, 1},             // kernels run beside each other
    {36, 1000000},       // memory clock, kHz
    {37, 64},            // memory bus, bits
    {39, 2048},          // threads of a multiprocessor
    {41, 1},             // unified addresses
    {75, 8},             // compute capability, major
    {76, 0},             // minor
    {81, 164 << 10},     // shared memory of a multiprocessor
    {97, 163 << 10},     // shared memory of a block that asks for it
    {102, 1},            // virtual memory management
};

void check_device(int device) { require(device == 0, "there is one device, number 0", CUDA_ERROR_INVALID_DEVICE); }

}  // namespace

int attribute(int number) {
    const auto at = attributes.find(number);
    if (at == attributes.end()) throw Failure{CUDA_ERROR_INVALID_VALUE, "the emulator does not know attribute " + std::to_string(number)};
    return at->second;
}

void check_initialized() { require(initialized, "cuInit comes first", CUDA_ERROR_NOT_INITIALIZED); }

}  // namespace emu

using namespace emu;

EMU_API CUresult cuInit(unsigned) {
    {
        Lock lock(driver_mutex());
        initialized = true;
    }
    return guarded(__func__, [](Lock&) { load_kernels(); });
}

EMU_API CUresult cuDriverGetVersion(int* version) {
    *version = 12000;
    return CUDA_SUCCESS;
}

EMU_API CUresult cuDeviceGetCount(int* count) {
    return guarded(__func__, [&](Lock&) { *count = 1; });
}

EMU_API CUresult cuDeviceGet(int* device, int ordinal) {
    return guarded(__func__, [&](Lock&) {
        check_device(ordinal);
        *device = 0;
    });
}

EMU_API CUresult cuDeviceGetName(char* name, int length, int device) {
    return guarded(__func__, [&](Lock&) {
        check_device(device);
        std::snprintf(name, static_cast<size_t>(length), "emulator%s", settings().checked ? " (checked)" : "");
    });
}

EMU_API CUresult cuDeviceGetAttribute(int* value, int attribute, int device) {
    return guarded(__func__, [&](Lock&) {
        check_device(device);
        *value = emu::attribute(attribute);
    });
}

EMU_API CUresult cuDeviceTotalMem_v2(size_t* bytes, int device) {
    return guarded(__func__, [&](Lock&) {
        check_device(device);
        *bytes = settings().memory;
    });
}

EMU_API CUresult cuMemGetInfo_v2(size_t* free, size_t* total) {
    return guarded(__func__, [&](Lock&) {
        *total = settings().memory;
        *free = *total - memory_used();
    });
}

EMU_API CUresult cuDevicePrimaryCtxRetain(void** context, int device) {
    return guarded(__func__, [&](Lock&) {
        check_device(device);
        retained++;
        *context = &the_context;
    });
}

EMU_API CUresult cuDevicePrimaryCtxRelease_v2(int device) {
    Lock lock(driver_mutex());
    if (device != 0) return CUDA_ERROR_INVALID_DEVICE;
    if (retained == 0) return CUDA_ERROR_INVALID_CONTEXT;
    if (--retained > 0) return CUDA_SUCCESS;
    destroy_all_streams(lock);
    unmap_all();
    release_all_memory();
    unpin_all();
    clear_sticky();
    return CUDA_SUCCESS;
}

EMU_API CUresult cuCtxSetCurrent(void*) { return CUDA_SUCCESS; }

EMU_API CUresult cuCtxGetCurrent(void** context) {
    *context = retained ? &the_context : nullptr;
    return CUDA_SUCCESS;
}

EMU_API CUresult cuCtxSynchronize() {
    return guarded(__func__, [](Lock& lock) { work_until_idle(lock); });
}

EMU_API void emu_set_attribute(int attribute, int value) {
    Lock lock(driver_mutex());
    attributes[attribute] = value;
}
