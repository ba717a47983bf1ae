// NCCL's operations, alone and in groups.
#include "nccl.h"

#include "../driver/memory.h"

#include <utility>

using namespace emu;

namespace {

constexpr int ncclSum = 0;

// Of a thread: operations of a group begin together, when it ends.
thread_local int group_depth;
thread_local std::vector<std::function<void(Lock&)>> group;
thread_local ncclResult_t group_error;

void check_numbers(const void* p, size_t count, int type, const char* what) {
    emu::require(bytes_of(type) > 0, "numbers of a type that is not known here");
    if (count > 0) check_range(reinterpret_cast<Address>(p), count * bytes_of(type), what);
}

// An operation on a stream, now or when the thread's group ends.
template <class F>
ncclResult_t operation(const char* call, Handle* handle, void* stream, F run) {
    auto begin = [communicator = handle->communicator, stream, run](Lock& lock) {
        enqueue_after(lock, stream, communicator->last, [communicator, run] { run(*communicator); });
    };
    if (group_depth == 0) return nccl_guarded(call, begin);
    group.push_back(begin);
    return ncclSuccess;
}

// What is wrong with a call is told by the call, and by the end of its group.
ncclResult_t noted(ncclResult_t result) {
    if (group_depth > 0 && group_error == ncclSuccess) group_error = result;
    return result;
}

}  // namespace

EMU_API ncclResult_t ncclGroupStart() {
    group_depth++;
    return ncclSuccess;
}

EMU_API ncclResult_t ncclGroupEnd() {
    if (group_depth == 0) return ncclInvalidUsage;
    if (--group_depth > 0) return ncclSuccess;
    const auto begins = std::exchange(group, {});
    if (const ncclResult_t error = std::exchange(group_error, ncclSuccess)) return error;
    return nccl_guarded(__func__, [&](Lock& lock) {
        for (const auto& begin : begins) begin(lock);
    });
}

EMU_API ncclResult_t ncclAllReduce(const void* from, void* to, size_t count, int type, int op, Handle* handle, void* stream) {
    if (const auto wrong = nccl_guarded(__func__, [&](Lock&) {
            emu::require(op == ncclSum && type != ncclUint8, "only sums of floats are known here");
            check_numbers(from, count, type, "what is sent");
            check_numbers(to, count, type, "what is received");
        }))
        return noted(wrong);
    return operation(__func__, handle, stream, [=](Communicator& c) { c.all_reduce(from, to, count, type); });
}

EMU_API ncclResult_t ncclAllGather(const void* from, void* to, size_t count, int type, Handle* handle, void* stream) {
    if (const auto wrong = nccl_guarded(__func__, [&](Lock&) {
            check_numbers(from, count, type, "what is sent");
            check_numbers(to, count * static_cast<size_t>(handle->communicator->size()), type, "what is received");
        }))
        return noted(wrong);
    return operation(__func__, handle, stream, [=](Communicator& c) { c.all_gather(from, to, count, type); });
}

EMU_API ncclResult_t ncclBroadcast(const void* from, void* to, size_t count, int type, int root, Handle* handle, void* stream) {
    if (const auto wrong = nccl_guarded(__func__, [&](Lock&) {
            emu::require(root >= 0 && root < handle->communicator->size(), "no such root");
            check_numbers(from, count, type, "what is sent");
            check_numbers(to, count, type, "what is received");
        }))
        return noted(wrong);
    return operation(__func__, handle, stream, [=](Communicator& c) { c.broadcast(from, to, count, type, root); });
}
