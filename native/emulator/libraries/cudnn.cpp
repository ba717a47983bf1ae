// cuDNN's handle and descriptors; only what the host uses: NHWC maps, square strides and padding, no dilation.
#include "cudnn.h"

#include "../driver/stream.h"

using namespace emu;
using namespace emu::cudnn;

namespace {

bool known(int type) { return type == type_float || type == type_half || type == type_bfloat16; }

}  // namespace

EMU_API size_t cudnnGetVersion() { return 8907; }

EMU_API const char* cudnnGetErrorString(cudnnStatus_t status) {
    switch (status) {
        case CUDNN_STATUS_SUCCESS: return "CUDNN_STATUS_SUCCESS";
        case CUDNN_STATUS_ALLOC_FAILED: return "CUDNN_STATUS_ALLOC_FAILED";
        case CUDNN_STATUS_BAD_PARAM: return "CUDNN_STATUS_BAD_PARAM";
        case CUDNN_STATUS_EXECUTION_FAILED: return "CUDNN_STATUS_EXECUTION_FAILED";
        case CUDNN_STATUS_NOT_SUPPORTED: return "CUDNN_STATUS_NOT_SUPPORTED";
    }
    return "unknown status";
}

EMU_API cudnnStatus_t cudnnCreate(Handle** handle) {
    return cudnn::guarded(__func__, [&](Lock&) { *handle = new Handle{}; });
}
EMU_API cudnnStatus_t cudnnDestroy(Handle* handle) {
    delete handle;
    return CUDNN_STATUS_SUCCESS;
}
EMU_API cudnnStatus_t cudnnSetStream(Handle* handle, void* stream) {
    return cudnn::guarded(__func__, [&](Lock&) {
        if (stream) stream_of(stream);
        handle->stream = stream;
    });
}

EMU_API cudnnStatus_t cudnnCreateTensorDescriptor(Tensor** tensor) {
    return cudnn::guarded(__func__, [&](Lock&) { *tensor = new Tensor{}; });
}
EMU_API cudnnStatus_t cudnnDestroyTensorDescriptor(Tensor* tensor) {
    delete tensor;
    return CUDNN_STATUS_SUCCESS;
}
EMU_API cudnnStatus_t cudnnSetTensor4dDescriptor(Tensor* tensor, int format, int type, int n, int c, int h, int w) {
    return cudnn::guarded(__func__, [&](Lock&) {
        cudnn::require(n > 0 && c > 0 && h > 0 && w > 0, "a size is not positive");
        cudnn::require(format == nhwc && known(type), "only NHWC maps of float, half or bfloat16 are emulated", CUDNN_STATUS_NOT_SUPPORTED);
        *tensor = {type, n, c, h, w};
    });
}

EMU_API cudnnStatus_t cudnnCreateFilterDescriptor(Filter** filter) {
    return cudnn::guarded(__func__, [&](Lock&) { *filter = new Filter{}; });
}
EMU_API cudnnStatus_t cudnnDestroyFilterDescriptor(Filter* filter) {
    delete filter;
    return CUDNN_STATUS_SUCCESS;
}
EMU_API cudnnStatus_t cudnnSetFilter4dDescriptor(Filter* filter, int type, int format, int k, int c, int h, int w) {
    return cudnn::guarded(__func__, [&](Lock&) {
        cudnn::require(k > 0 && c > 0 && h > 0 && w > 0, "a size is not positive");
        cudnn::require(format == nhwc && known(type), "only NHWC weights of float, half or bfloat16 are emulated", CUDNN_STATUS_NOT_SUPPORTED);
        *filter = {type, k, c, h, w};
    });
}

EMU_API cudnnStatus_t cudnnCreateConvolutionDescriptor(Convolution** convolution) {
    return cudnn::guarded(__func__, [&](Lock&) { *convolution = new Convolution{0, 1, 1, 0}; });
}
EMU_API cudnnStatus_t cudnnDestroyConvolutionDescriptor(Convolution* convolution) {
    delete convolution;
    return CUDNN_STATUS_SUCCESS;
}
EMU_API cudnnStatus_t cudnnSetConvolution2dDescriptor(Convolution* convolution, int pad_h, int pad_w, int stride_h, int stride_w,
                                                      int dilation_h, int dilation_w, int mode, int compute_type) {
    return cudnn::guarded(__func__, [&](Lock&) {
        cudnn::require(pad_h >= 0 && stride_h > 0, "negative padding, or no stride");
        cudnn::require(pad_h == pad_w && stride_h == stride_w && dilation_h == 1 && dilation_w == 1 && mode == cross_correlation && compute_type == type_float,
                       "only square padding and strides, no dilation, cross-correlation and float sums are emulated", CUDNN_STATUS_NOT_SUPPORTED);
        convolution->pad = pad_h;
        convolution->stride = stride_h;
    });
}
EMU_API cudnnStatus_t cudnnSetConvolutionGroupCount(Convolution* convolution, int groups) {
    return cudnn::guarded(__func__, [&](Lock&) {
        cudnn::require(groups > 0, "no group");
        convolution->groups = groups;
    });
}
EMU_API cudnnStatus_t cudnnSetConvolutionMathType(Convolution* convolution, int math) {
    return cudnn::guarded(__func__, [&](Lock&) {
        cudnn::require(math >= 0 && math <= 3, "no math type");
        convolution->math = math;
    });
}
