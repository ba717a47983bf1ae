// Results of the driver's functions, and how a function fails: by throwing, in here; by its result, towards the caller.
#pragma once
#include "planned_failures.h"

#include <mutex>
#include <string>

#define EMU_API extern "C" __attribute__((visibility("default")))

// The values are NVIDIA's (CUDA Driver API, "Data types used by CUDA driver").
enum CUresult : int {
    CUDA_SUCCESS = 0,
    CUDA_ERROR_INVALID_VALUE = 1,
    CUDA_ERROR_OUT_OF_MEMORY = 2,
    CUDA_ERROR_NOT_INITIALIZED = 3,
    CUDA_ERROR_DEINITIALIZED = 4,
    CUDA_ERROR_NO_DEVICE = 100,
    CUDA_ERROR_INVALID_DEVICE = 101,
    CUDA_ERROR_INVALID_IMAGE = 200,
    CUDA_ERROR_INVALID_CONTEXT = 201,
    CUDA_ERROR_INVALID_HANDLE = 400,
    CUDA_ERROR_NOT_FOUND = 500,
    CUDA_ERROR_NOT_READY = 600,
    CUDA_ERROR_ILLEGAL_ADDRESS = 700,
    CUDA_ERROR_HOST_MEMORY_ALREADY_REGISTERED = 712,
    CUDA_ERROR_HOST_MEMORY_NOT_REGISTERED = 713,
    CUDA_ERROR_MISALIGNED_ADDRESS = 716,
    CUDA_ERROR_LAUNCH_FAILED = 719,
    CUDA_ERROR_NOT_SUPPORTED = 801,
    CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED = 900,
    CUDA_ERROR_STREAM_CAPTURE_INVALIDATED = 901,
    CUDA_ERROR_STREAM_CAPTURE_UNJOINED = 904,
    CUDA_ERROR_CAPTURED_EVENT = 907,
    CUDA_ERROR_UNKNOWN = 999,
};

namespace emu {

struct Failure {
    CUresult result;
    std::string message;
};

// Guards all of the driver's state.
using Lock = std::unique_lock<std::mutex>;
std::mutex& driver_mutex();

// A failure of a kernel or copy: every later call fails with it, as on a GPU.
void set_sticky(const Failure& failure);
void clear_sticky();
void check_sticky();  // throws it

// What emu_report gives.
void set_report(const std::string& message);

void check_initialized();

// The body of a driver function.
template <class F>
CUresult guarded(const char* call, F body) {
    Lock lock(driver_mutex());
    try {
        check_initialized();
        check_sticky();
        if (const int planned = planned_failure(call)) throw Failure{static_cast<CUresult>(planned), "a test asked for this failure"};
        body(lock);
        return CUDA_SUCCESS;
    } catch (const Failure& failure) {
        if (failure.result != CUDA_ERROR_NOT_READY) set_report(std::string(call) + ": " + failure.message);
        return failure.result;
    } catch (const std::bad_alloc&) {
        set_report(std::string(call) + ": this machine has no more memory");
        return CUDA_ERROR_OUT_OF_MEMORY;
    }
}

inline void require(bool condition, const char* message, CUresult result = CUDA_ERROR_INVALID_VALUE) {
    if (!condition) throw Failure{result, message};
}

}  // namespace emu
