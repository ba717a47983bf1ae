// Softmax over the channels of every row.
#include "softmax_row.h"
#include "nativetrain.h"
#include "parallel.h"
#include "status.h"

namespace {

// Rows of one task.
constexpr int64_t block = 64;

template <class Row>
void for_rows(int64_t rows, Row&& row) {
    nt::parallel_for((rows + block - 1) / block, [&](int64_t i) {
        for (int64_t r = i * block; r < std::min(rows, (i + 1) * block); r++) row(r);
    });
}

}  // namespace

int nt_softmax_forward(const float* x, int ld_x, float* y, int ld_y, int64_t rows, int c) {
    return nt::guarded("nt_softmax_forward", [&] {
        for_rows(rows, [&](int64_t r) { nt::softmax_row(x + r * ld_x, y + r * ld_y, c); });
    });
}

int nt_softmax_backward(const float* y, int ld_y, const float* dy, int ld_dy, float* dx, int ld_dx, int64_t rows, int c, int accumulate) {
    return nt::guarded("nt_softmax_backward", [&] {
        for_rows(rows, [&](int64_t r) {
            const float* p = y + r * ld_y;
            const float* g = dy + r * ld_dy;
            float* to = dx + r * ld_dx;
            const float dot = nt::softmax_row_dot(p, g, c);
            if (accumulate) {
#pragma omp simd
                for (int i = 0; i < c; i++) to[i] += p[i] * (g[i] - dot);
            } else {
#pragma omp simd
                for (int i = 0; i < c; i++) to[i] = p[i] * (g[i] - dot);
            }
        });
    });
}
