// c = alpha·op(a)·op(b) + beta·c. The result is cut into tiles whose size does not depend on the number of
// threads; one thread computes a tile, so that its sums over k always run in the same order.
#include "nativetrain.h"
#include "parallel.h"
#include "sgemm.h"
#include "status.h"

int nt_matmul(int transpose_a, int transpose_b, int64_t m, int64_t n, int64_t k, float alpha, const float* a, int64_t ld_a, const float* b, int64_t ld_b, float beta, float* c, int64_t ld_c) {
    return nt::guarded("nt_matmul", [&] {
        constexpr int64_t tile = 512;
        const int64_t down = (m + tile - 1) / tile, across = (n + tile - 1) / tile;
        nt::parallel_for(down * across, [&](int64_t i) {
            const int64_t row = i / across * tile, column = i % across * tile;
            nt::sgemm(transpose_a, transpose_b, std::min(tile, m - row), std::min(tile, n - column), k, alpha,
                      a + row * (transpose_a ? 1 : ld_a), ld_a, b + column * (transpose_b ? ld_b : 1), ld_b, beta, c + row * ld_c + column, ld_c);
        });
    });
}
