// cuDNN's convolutions, computed by the CPU's library (oneDNN, mostly) in the order of the handle's stream. An algorithm
// uses all of the scratch memory that it says it needs, so that a caller who gives less is found out.
#include "cpu.h"
#include "cudnn.h"
#include "widened.h"

#include "../driver/memory.h"
#include "../driver/stream.h"

#include <cstring>

using namespace emu;
using namespace emu::cudnn;

// cudnnConvolution{Fwd,BwdData,BwdFilter}AlgoPerf_t
struct Performance {
    int algorithm;
    cudnnStatus_t status;
    float milliseconds;
    size_t memory;
    int deterministic, math, reserved[3];
};

namespace {

// The numbers of cuDNN's algorithms, and how much scratch memory each takes here: for every number of the result
// so many bytes. As with cuDNN, gradients have one algorithm that adds atomically.
struct Algorithm {
    int number, bytes_a_number;
    bool deterministic;
};
constexpr Algorithm forward_algorithms[] = {{1 /* implicit, precomputed */, 1, true}, {0 /* implicit */, 0, true}};
constexpr Algorithm data_algorithms[] = {{0, 0, false}, {1, 4, true}};
constexpr Algorithm weight_algorithms[] = {{0, 0, false}, {1, 8, true}};

int cpu_type(int type) { return type == type_half ? 1 : type == type_bfloat16 ? 2 : 0; }
size_t bytes(int type) { return type == type_float ? 4 : 2; }

nt_conv2d_shape shape_of(const Tensor& x, const Filter& w, const Convolution& c, const Tensor& y) {
    const int oh = (x.h + 2 * c.pad - w.h) / c.stride + 1, ow = (x.w + 2 * c.pad - w.w) / c.stride + 1;
    cudnn::require(x.n == y.n && x.c == w.c * c.groups && y.c == w.k && y.h == oh && y.w == ow, "the sizes do not fit each other");
    cudnn::require(x.type == w.type && x.type == y.type, "maps and weights are not of one type", CUDNN_STATUS_NOT_SUPPORTED);
    return {x.n, x.h, x.w, x.c, y.c, w.h, w.w, c.stride, c.pad, c.groups};
}

template <size_t count>
void list(const Algorithm (&algorithms)[count], size_t results, int math, int requested, int* returned, Performance* found) {
    cudnn::require(requested > 0, "no algorithm is asked for");
    *returned = 0;
    for (const Algorithm& a : algorithms)
        if (*returned < requested)
            found[(*returned)++] = {a.number, CUDNN_STATUS_SUCCESS, -1.f, results * static_cast<size_t>(a.bytes_a_number), a.deterministic, math, {}};
}

template <size_t count>
size_t workspace_of(const Algorithm (&algorithms)[count], int number, size_t results) {
    for (const Algorithm& a : algorithms)
        if (a.number == number) return results * static_cast<size_t>(a.bytes_a_number);
    throw Problem{CUDNN_STATUS_NOT_SUPPORTED, "no such algorithm"};
}

void check_workspace(void* workspace, size_t given, size_t needed) {
    cudnn::require(given >= needed, "the workspace is smaller than the algorithm needs");
    if (needed) check_range(reinterpret_cast<Address>(workspace), needed, "the workspace");
}

void check_map(const void* map, size_t count, int type, const char* what) { check_range(reinterpret_cast<Address>(map), count * bytes(type), what); }

float read_beta(const float* alpha, const float* beta) {
    cudnn::require(*alpha == 1 && (*beta == 0 || *beta == 1), "only alpha 1 and beta 0 or 1 are emulated", CUDNN_STATUS_NOT_SUPPORTED);
    return *beta;
}

}  // namespace

EMU_API cudnnStatus_t cudnnGetConvolutionForwardAlgorithm_v7(Handle*, const Tensor* x, const Filter* w, const Convolution* c, const Tensor* y,
                                                             int requested, int* returned, Performance* found) {
    return cudnn::guarded(__func__, [&](Lock&) {
        shape_of(*x, *w, *c, *y);
        list(forward_algorithms, y->count(), c->math, requested, returned, found);
    });
}

EMU_API cudnnStatus_t cudnnGetConvolutionBackwardDataAlgorithm_v7(Handle*, const Filter* w, const Tensor* dy, const Convolution* c, const Tensor* dx,
                                                                  int requested, int* returned, Performance* found) {
    return cudnn::guarded(__func__, [&](Lock&) {
        shape_of(*dx, *w, *c, *dy);
        list(data_algorithms, dx->count(), c->math, requested, returned, found);
    });
}

EMU_API cudnnStatus_t cudnnGetConvolutionBackwardFilterAlgorithm_v7(Handle*, const Tensor* x, const Tensor* dy, const Convolution* c, const Filter* dw,
                                                                    int requested, int* returned, Performance* found) {
    return cudnn::guarded(__func__, [&](Lock&) {
        shape_of(*x, *dw, *c, *dy);
        list(weight_algorithms, dw->count(), c->math, requested, returned, found);
    });
}

EMU_API cudnnStatus_t cudnnConvolutionForward(Handle* handle, const float* alpha, const Tensor* x_of, const void* x, const Filter* w_of, const void* w,
                                              const Convolution* c, int algorithm, void* workspace, size_t given, const float* beta, const Tensor* y_of, void* y) {
    return cudnn::guarded(__func__, [&](Lock& lock) {
        const nt_conv2d_shape s = shape_of(*x_of, *w_of, *c, *y_of);
        const size_t needed = workspace_of(forward_algorithms, algorithm, y_of->count());
        cudnn::require(read_beta(alpha, beta) == 0, "the forward pass does not add here", CUDNN_STATUS_NOT_SUPPORTED);
        check_workspace(workspace, given, needed);
        check_map(x, x_of->count(), x_of->type, "x");
        check_map(w, w_of->count(), w_of->type, "w");
        check_map(y, y_of->count(), y_of->type, "y");
        enqueue(lock, handle->stream, [=, type = cpu_type(x_of->type), weights = w_of->count()] {
            if (needed) std::memset(workspace, 0xff, needed);
            check_cpu(NT_CPU(nt_conv2d_forward)(&s, type, x, Widened(type, w, weights).floats(), nullptr, type, y));
        });
    });
}

EMU_API cudnnStatus_t cudnnConvolutionBackwardData(Handle* handle, const float* alpha, const Filter* w_of, const void* w, const Tensor* dy_of, const void* dy,
                                                   const Convolution* c, int algorithm, void* workspace, size_t given, const float* beta, const Tensor* dx_of, void* dx) {
    return cudnn::guarded(__func__, [&](Lock& lock) {
        const nt_conv2d_shape s = shape_of(*dx_of, *w_of, *c, *dy_of);
        const size_t needed = workspace_of(data_algorithms, algorithm, dx_of->count());
        cudnn::require(read_beta(alpha, beta) == 0, "the data gradient does not add here", CUDNN_STATUS_NOT_SUPPORTED);
        check_workspace(workspace, given, needed);
        check_map(dy, dy_of->count(), dy_of->type, "dy");
        check_map(w, w_of->count(), w_of->type, "w");
        check_map(dx, dx_of->count(), dx_of->type, "dx");
        enqueue(lock, handle->stream, [=, type = cpu_type(dy_of->type), weights = w_of->count()] {
            if (needed) std::memset(workspace, 0xff, needed);
            check_cpu(NT_CPU(nt_conv2d_backward_data)(&s, type, dy, Widened(type, w, weights).floats(), type, dx));
        });
    });
}

EMU_API cudnnStatus_t cudnnConvolutionBackwardFilter(Handle* handle, const float* alpha, const Tensor* x_of, const void* x, const Tensor* dy_of, const void* dy,
                                                     const Convolution* c, int algorithm, void* workspace, size_t given, const float* beta, const Filter* dw_of, void* dw) {
    return cudnn::guarded(__func__, [&](Lock& lock) {
        const nt_conv2d_shape s = shape_of(*x_of, *dw_of, *c, *dy_of);
        const size_t needed = workspace_of(weight_algorithms, algorithm, dw_of->count());
        const bool add = read_beta(alpha, beta) == 1;
        check_workspace(workspace, given, needed);
        check_map(x, x_of->count(), x_of->type, "x");
        check_map(dy, dy_of->count(), dy_of->type, "dy");
        check_map(dw, dw_of->count(), dw_of->type, "dw");
        enqueue(lock, handle->stream, [=, type = cpu_type(x_of->type), weights = dw_of->count()] {
            if (needed) std::memset(workspace, 0xff, needed);
            Widened sums(type, dw, weights);
            if (!add) sums.clear();
            check_cpu(NT_CPU(nt_conv2d_backward_weight)(&s, type, x, type, dy, sums.floats(), nullptr));
            sums.write_back(dw);
        });
    });
}

EMU_API cudnnStatus_t cudnnAddTensor(Handle* handle, const float* alpha, const Tensor* a_of, const void* a, const float* beta, const Tensor* y_of, void* y) {
    return cudnn::guarded(__func__, [&](Lock& lock) {
        cudnn::require(*alpha == 1 && *beta == 1 && a_of->type == type_float && y_of->type == type_float && a_of->c == y_of->c && a_of->count() == static_cast<size_t>(y_of->c),
                       "only a float bias that is added to a float map is emulated", CUDNN_STATUS_NOT_SUPPORTED);
        check_map(a, a_of->count(), a_of->type, "the bias");
        check_map(y, y_of->count(), y_of->type, "y");
        enqueue(lock, handle->stream, [=, channels = a_of->count(), count = y_of->count()] {
            for (size_t i = 0; i < count; i++) static_cast<float*>(y)[i] += static_cast<const float*>(a)[i % channels];
        });
    });
}
