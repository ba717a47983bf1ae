// cuBLAS's matrix product of floats, computed by the CPU's library in the order of the handle's stream. Names and values
// are NVIDIA's (cuBLAS library).
#include "cpu.h"

#include "../driver/memory.h"
#include "../driver/result.h"
#include "../driver/stream.h"

using namespace emu;

enum cublasStatus_t : int {
    CUBLAS_STATUS_SUCCESS = 0,
    CUBLAS_STATUS_ALLOC_FAILED = 3,
    CUBLAS_STATUS_INVALID_VALUE = 7,
    CUBLAS_STATUS_EXECUTION_FAILED = 13,
};

namespace {

struct Handle {
    void* stream;
};

// The body of a cuBLAS function.
template <class F>
cublasStatus_t blas_guarded(const char* call, F body) {
    Lock lock(driver_mutex());
    try {
        check_initialized();
        check_sticky();
        if (const int planned = planned_failure(call)) return static_cast<cublasStatus_t>(planned);
        body(lock);
        return CUBLAS_STATUS_SUCCESS;
    } catch (const Failure& failure) {
        set_report(std::string(call) + ": " + failure.message);
        return CUBLAS_STATUS_EXECUTION_FAILED;
    } catch (const std::bad_alloc&) {
        set_report(std::string(call) + ": this machine has no more memory");
        return CUBLAS_STATUS_ALLOC_FAILED;
    }
}

// Of a matrix of so many rows and columns that lies column by column.
void check_matrix(const float* p, int rows, int columns, int ld, const char* what) {
    emu::require(ld >= rows, "a leading dimension is smaller than a column");
    check_range(reinterpret_cast<Address>(p), (static_cast<size_t>(columns - 1) * static_cast<size_t>(ld) + static_cast<size_t>(rows)) * sizeof(float), what);
}

}  // namespace

EMU_API cublasStatus_t cublasCreate_v2(Handle** handle) {
    return blas_guarded(__func__, [&](Lock&) { *handle = new Handle{}; });
}
EMU_API cublasStatus_t cublasDestroy_v2(Handle* handle) {
    delete handle;
    return CUBLAS_STATUS_SUCCESS;
}
EMU_API cublasStatus_t cublasSetStream_v2(Handle* handle, void* stream) {
    return blas_guarded(__func__, [&](Lock&) {
        if (stream) stream_of(stream);
        handle->stream = stream;
    });
}
EMU_API cublasStatus_t cublasSetWorkspace_v2(Handle*, void* workspace, size_t bytes) {
    return blas_guarded(__func__, [&](Lock&) { check_range(reinterpret_cast<Address>(workspace), bytes, "the workspace"); });
}

// A matrix that lies column by column is its transpose lying row by row: cᵀ = op(b)ᵀ·op(a)ᵀ, in rows.
EMU_API cublasStatus_t cublasSgemm_v2(Handle* handle, int transpose_a, int transpose_b, int m, int n, int k, const float* alpha,
                                      const float* a, int ld_a, const float* b, int ld_b, const float* beta, float* c, int ld_c) {
    if (m < 0 || n < 0 || k < 0) return CUBLAS_STATUS_INVALID_VALUE;
    if (m == 0 || n == 0) return CUBLAS_STATUS_SUCCESS;
    return blas_guarded(__func__, [&](Lock& lock) {
        if (k > 0) {
            check_matrix(a, transpose_a ? k : m, transpose_a ? m : k, ld_a, "a");
            check_matrix(b, transpose_b ? n : k, transpose_b ? k : n, ld_b, "b");
        }
        check_matrix(c, m, n, ld_c, "c");
        enqueue(lock, handle->stream, [=, alpha = *alpha, beta = *beta] {
            check_cpu(NT_CPU(nt_matmul)(transpose_b, transpose_a, n, m, k, alpha, b, ld_b, a, ld_a, beta, c, ld_c));
        });
    });
}
