// Allocations, copies and fills.
#include "memory.h"
#include "pinned.h"
#include "result.h"
#include "settings.h"
#include "stream.h"

#include <algorithm>
#include <cstring>

namespace emu {

namespace {

void* pointer(Address a) { return reinterpret_cast<void*>(a); }

// A copy that is to run beside the host from memory which the system may move: CUDA would make it wait, or copy twice.
void check_pinned(const void* host, size_t bytes) {
    if (settings().checked && !is_pinned(host, bytes))
        throw Failure{CUDA_ERROR_INVALID_VALUE, "an asynchronous copy of " + std::to_string(bytes) + " bytes with host memory that is not pinned (cuMemHostAlloc, cuMemHostRegister)"};
}

// Pinned memory is read when the stream comes to it: what the host writes there too early shows. Other memory is read now.
void send(Lock& lock, Address to, const void* from, size_t bytes, void* stream) {
    if (is_pinned(from, bytes)) return enqueue(lock, stream, [=] { std::memcpy(pointer(to), from, bytes); });
    std::string now(static_cast<const char*>(from), bytes);
    enqueue(lock, stream, [to, now = std::move(now)] { std::memcpy(pointer(to), now.data(), now.size()); });
}

}  // namespace

}  // namespace emu

using namespace emu;

EMU_API CUresult cuMemAlloc_v2(Address* memory, size_t bytes) {
    return guarded(__func__, [&](Lock&) {
        require_no_capture();
        *memory = allocate(bytes);
    });
}

EMU_API CUresult cuMemFree_v2(Address memory) {
    return guarded(__func__, [&](Lock& lock) {
        work_until_idle(lock);
        if (memory) release(memory);
    });
}

// Without "Async" a copy is the default stream's. The host waits until its own bytes are no longer needed: where they are not
// pinned that is when they were copied once, before the device has them.
EMU_API CUresult cuMemcpyHtoD_v2(Address to, const void* from, size_t bytes) {
    return guarded(__func__, [&](Lock& lock) {
        check_range(to, bytes, "a copy");
        send(lock, to, from, bytes, nullptr);
        if (is_pinned(from, bytes)) work_until_done(lock, stream_of(nullptr));
    });
}

EMU_API CUresult cuMemcpyDtoH_v2(void* to, Address from, size_t bytes) {
    return guarded(__func__, [&](Lock& lock) {
        check_range(from, bytes, "a copy");
        enqueue(lock, nullptr, [=] { std::memcpy(to, pointer(from), bytes); });
        work_until_done(lock, stream_of(nullptr));
    });
}

EMU_API CUresult cuMemcpyHtoDAsync_v2(Address to, const void* from, size_t bytes, void* stream) {
    return guarded(__func__, [&](Lock& lock) {
        check_range(to, bytes, "a copy");
        check_pinned(from, bytes);
        send(lock, to, from, bytes, stream);
    });
}

EMU_API CUresult cuMemcpyDtoHAsync_v2(void* to, Address from, size_t bytes, void* stream) {
    return guarded(__func__, [&](Lock& lock) {
        check_range(from, bytes, "a copy");
        check_pinned(to, bytes);
        enqueue(lock, stream, [=] { std::memcpy(to, pointer(from), bytes); });
        if (!is_pinned(to, bytes) && !stream_of(stream)->capture) work_until(lock, [&] { return stream_of(stream)->queue.empty(); });
    });
}

EMU_API CUresult cuMemcpyDtoDAsync_v2(Address to, Address from, size_t bytes, void* stream) {
    return guarded(__func__, [&](Lock& lock) {
        check_range(from, bytes, "a copy");
        check_range(to, bytes, "a copy");
        require(to + bytes <= from || from + bytes <= to, "a copy whose two ranges overlap");
        enqueue(lock, stream, [=] { std::memcpy(pointer(to), pointer(from), bytes); });
    });
}

EMU_API CUresult cuMemsetD8Async(Address to, unsigned char value, size_t count, void* stream) {
    return guarded(__func__, [&](Lock& lock) {
        check_range(to, count, "a fill");
        enqueue(lock, stream, [=] { std::memset(pointer(to), value, count); });
    });
}

EMU_API CUresult cuMemsetD32Async(Address to, unsigned value, size_t count, void* stream) {
    return guarded(__func__, [&](Lock& lock) {
        require(to % 4 == 0, "a fill of words at no multiple of 4");
        check_range(to, count * 4, "a fill");
        enqueue(lock, stream, [=] { std::fill_n(static_cast<unsigned*>(pointer(to)), count, value); });
    });
}
