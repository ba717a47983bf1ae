// NCCL's library, communicators and errors.
#include "nccl.h"

#include "../emulator.h"

#include <unistd.h>

#include <cstring>
#include <thread>

using namespace emu;

namespace {

constexpr int version = 21800;  // 2.18.0

struct UniqueId {
    char name[128];
};

std::atomic<int> communicators;

// A GPU goes on by itself, whoever waits for it; elsewhere ranks wait for what this one was asked for.
void work_in_background() {
    static const bool started = [] {
        std::thread([] {
            for (;; usleep(2000)) {
                if (communicators == 0) continue;
                Lock lock(driver_mutex());
                try {
                    while (work_once(lock)) {}
                } catch (const Failure&) {
                    // whoever calls next is told
                }
            }
        }).detach();
        return true;
    }();
    (void)started;
}

}  // namespace

EMU_API ncclResult_t ncclGetVersion(int* v) {
    *v = version;
    return ncclSuccess;
}

EMU_API const char* ncclGetErrorString(ncclResult_t result) {
    switch (result) {
        case ncclSuccess: return "no error";
        case ncclUnhandledCudaError: return "unhandled cuda error";
        case ncclSystemError: return "unhandled system error";
        case ncclInvalidArgument: return "invalid argument";
        case ncclInvalidUsage: return "invalid usage";
        case ncclRemoteError: return "remote process exited or there was a network error";
        default: return "unknown result code";
    }
}

EMU_API const char* ncclGetLastError(Handle* handle) {
    static thread_local std::string text;
    text = handle ? handle->communicator->error_text() : "";
    if (text.empty()) text = emu_report();
    return text.c_str();
}

EMU_API ncclResult_t ncclGetUniqueId(UniqueId* id) {
    return nccl_guarded(__func__, [&](Lock&) {
        *id = {};
        const std::string name = Segment::create();
        std::memcpy(id->name, name.c_str(), name.size() + 1);
    });
}

EMU_API ncclResult_t ncclCommInitRank(Handle** handle, int size, UniqueId id, int rank) {
    *handle = nullptr;
    return nccl_guarded(__func__, [&](Lock& lock) {
        emu::require(size >= 1 && size <= Segment::most_ranks, "a number of ranks that the emulator does not know");
        emu::require(rank >= 0 && rank < size, "no such rank");
        emu::require(std::memchr(id.name, 0, sizeof id.name) && id.name[0] == '/', "not a unique id");
        lock.unlock();  // other ranks may take their time
        *handle = new Handle{std::make_shared<Communicator>(id.name, rank, size)};
        lock.lock();
        communicators++;
        work_in_background();
    });
}

EMU_API ncclResult_t ncclCommGetAsyncError(Handle* handle, ncclResult_t* error) {
    *error = handle->communicator->error();
    return ncclSuccess;
}

// What was asked for is done first.
EMU_API ncclResult_t ncclCommDestroy(Handle* handle) {
    const ncclResult_t result = nccl_guarded(__func__, [&](Lock& lock) {
        if (const auto last = handle->communicator->last) work_until(lock, [&] { return last->done; });
    });
    communicators--;
    delete handle;
    return result;
}

// Operations that are under way, or are yet to come, end without a result.
EMU_API ncclResult_t ncclCommAbort(Handle* handle) {
    handle->communicator->abort();
    communicators--;
    delete handle;
    return ncclSuccess;
}
