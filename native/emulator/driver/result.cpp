#include "result.h"
#include "../emulator.h"

#include <iterator>
#include <optional>

namespace emu {

namespace {

struct Name {
    CUresult result;
    const char *name, *text;
};
#define NAME(name, text) {name, #name, text}
constexpr Name names[] = {
    NAME(CUDA_SUCCESS, "no error"),
    NAME(CUDA_ERROR_INVALID_VALUE, "invalid argument"),
    NAME(CUDA_ERROR_OUT_OF_MEMORY, "out of memory"),
    NAME(CUDA_ERROR_NOT_INITIALIZED, "initialization error"),
    NAME(CUDA_ERROR_DEINITIALIZED, "driver shutting down"),
    NAME(CUDA_ERROR_NO_DEVICE, "no CUDA-capable device is detected"),
    NAME(CUDA_ERROR_INVALID_DEVICE, "invalid device ordinal"),
    NAME(CUDA_ERROR_INVALID_IMAGE, "device kernel image is invalid"),
    NAME(CUDA_ERROR_INVALID_CONTEXT, "invalid device context"),
    NAME(CUDA_ERROR_INVALID_HANDLE, "invalid resource handle"),
    NAME(CUDA_ERROR_NOT_FOUND, "named symbol not found"),
    NAME(CUDA_ERROR_NOT_READY, "device not ready"),
    NAME(CUDA_ERROR_ILLEGAL_ADDRESS, "an illegal memory access was encountered"),
    NAME(CUDA_ERROR_HOST_MEMORY_ALREADY_REGISTERED, "part or all of the requested memory range is already mapped"),
    NAME(CUDA_ERROR_HOST_MEMORY_NOT_REGISTERED, "pointer does not correspond to a registered memory region"),
    NAME(CUDA_ERROR_MISALIGNED_ADDRESS, "misaligned address"),
    NAME(CUDA_ERROR_LAUNCH_FAILED, "unspecified launch failure"),
    NAME(CUDA_ERROR_NOT_SUPPORTED, "operation not supported"),
    NAME(CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED, "operation not permitted when stream is capturing"),
    NAME(CUDA_ERROR_STREAM_CAPTURE_INVALIDATED, "operation failed due to a previous error during capture"),
    NAME(CUDA_ERROR_STREAM_CAPTURE_UNJOINED, "capturing stream has unjoined work"),
    NAME(CUDA_ERROR_CAPTURED_EVENT, "operation not permitted on an event last recorded in a capturing stream"),
    NAME(CUDA_ERROR_UNKNOWN, "unknown error"),
};

const Name* find(CUresult result) {
    for (const Name& name : names)
        if (name.result == result) return &name;
    return nullptr;
}

std::string report;
std::optional<Failure> sticky;

}  // namespace

std::mutex& driver_mutex() {
    static std::mutex mutex;
    return mutex;
}

void set_report(const std::string& message) { report = message; }

void set_sticky(const Failure& failure) {
    if (!sticky) sticky = failure;
}
void clear_sticky() { sticky.reset(); }
void check_sticky() {
    if (sticky) throw *sticky;
}

}  // namespace emu

EMU_API CUresult cuGetErrorName(CUresult result, const char** name) {
    const emu::Name* found = emu::find(result);
    *name = found ? found->name : nullptr;
    return found ? CUDA_SUCCESS : CUDA_ERROR_INVALID_VALUE;
}

EMU_API CUresult cuGetErrorString(CUresult result, const char** text) {
    const emu::Name* found = emu::find(result);
    *text = found ? found->text : nullptr;
    return found ? CUDA_SUCCESS : CUDA_ERROR_INVALID_VALUE;
}

EMU_API const char* emu_report(void) {
    static thread_local std::string copy;
    emu::Lock lock(emu::driver_mutex());
    copy = emu::report;
    return copy.c_str();
}
