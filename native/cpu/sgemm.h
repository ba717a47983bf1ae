// oneDNN's matrix product, run by the calling thread alone.
#pragma once
#include <oneapi/dnnl/dnnl.h>

#include <cstdint>
#include <stdexcept>
#include <string>

namespace nt {

// c[m,n] = alpha·op(a)·op(b) + beta·c, row-major; op transposes where asked.
inline void sgemm(bool transpose_a, bool transpose_b, int64_t m, int64_t n, int64_t k, float alpha, const float* a, int64_t ld_a,
                  const float* b, int64_t ld_b, float beta, float* c, int64_t ld_c) {
    const dnnl_status_t status = dnnl_sgemm(transpose_a ? 'T' : 'N', transpose_b ? 'T' : 'N', m, n, k, alpha, a, ld_a, b, ld_b, beta, c, ld_c);
    if (status != dnnl_success) throw std::runtime_error("dnnl_sgemm failed with status " + std::to_string(status));
}

}  // namespace nt
