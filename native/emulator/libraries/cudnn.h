// cuDNN's objects, as the emulator keeps them. Names and values are NVIDIA's (cuDNN API, version 8).
#pragma once
#include "../driver/result.h"

#include <cstddef>
#include <string>

enum cudnnStatus_t : int {
    CUDNN_STATUS_SUCCESS = 0,
    CUDNN_STATUS_ALLOC_FAILED = 2,
    CUDNN_STATUS_BAD_PARAM = 3,
    CUDNN_STATUS_EXECUTION_FAILED = 8,
    CUDNN_STATUS_NOT_SUPPORTED = 9,
};

namespace emu::cudnn {

enum DataType { type_float = 0, type_half = 2, type_bfloat16 = 9 };
enum Format { nhwc = 1 };
enum Mode { cross_correlation = 1 };

struct Handle {
    void* stream;
};

struct Tensor {
    int type, n, c, h, w;
    size_t count() const { return size_t(n) * size_t(c) * size_t(h) * size_t(w); }
};

// [k, h, w, c]: output channels first, as many input channels as a group has.
struct Filter {
    int type, k, c, h, w;
    size_t count() const { return size_t(k) * size_t(c) * size_t(h) * size_t(w); }
};

struct Convolution {
    int pad, stride, groups, math;
};

struct Problem {
    cudnnStatus_t status;
    std::string message;
};

inline void require(bool condition, const char* message, cudnnStatus_t status = CUDNN_STATUS_BAD_PARAM) {
    if (!condition) throw Problem{status, message};
}

// The body of a cuDNN function.
template <class F>
cudnnStatus_t guarded(const char* call, F body) {
    Lock lock(driver_mutex());
    try {
        check_initialized();
        check_sticky();
        if (const int planned = planned_failure(call)) throw Problem{static_cast<cudnnStatus_t>(planned), "a test asked for this failure"};
        body(lock);
        return CUDNN_STATUS_SUCCESS;
    } catch (const Problem& problem) {
        set_report(std::string(call) + ": " + problem.message);
        return problem.status;
    } catch (const Failure& failure) {
        set_report(std::string(call) + ": " + failure.message);
        return CUDNN_STATUS_EXECUTION_FAILED;
    } catch (const std::bad_alloc&) {
        set_report(std::string(call) + ": this machine has no more memory");
        return CUDNN_STATUS_ALLOC_FAILED;
    }
}

}  // namespace emu::cudnn
