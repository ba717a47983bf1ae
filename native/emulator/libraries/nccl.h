// NCCL's collective operations between processes of one machine, each with an emulated device of its own, in the order of
// their streams. Names and values are NVIDIA's (NCCL API). Stricter than NCCL where that leaves open what happens: ranks
// that ask for different things are told so. A rank alone in its process; other types and operations than are used here
// are refused.
#pragma once
#include "nccl_communicator.h"

#include "../driver/result.h"

namespace emu {

struct Handle {
    std::shared_ptr<Communicator> communicator;
};

// The body of a function of NCCL's.
template <class F>
ncclResult_t nccl_guarded(const char* call, F body) {
    Lock lock(driver_mutex());
    try {
        check_initialized();
        check_sticky();
        if (const int planned = planned_failure(call)) return static_cast<ncclResult_t>(planned);
        body(lock);
        return ncclSuccess;
    } catch (const Failure& failure) {
        set_report(std::string(call) + ": " + failure.message);
        if (failure.result == CUDA_ERROR_INVALID_VALUE) return ncclInvalidArgument;
        return failure.result == CUDA_ERROR_UNKNOWN ? ncclSystemError : ncclUnhandledCudaError;
    } catch (const std::bad_alloc&) {
        set_report(std::string(call) + ": this machine has no more memory");
        return ncclSystemError;
    }
}

}  // namespace emu
