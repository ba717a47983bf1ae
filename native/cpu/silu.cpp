// y = x·sigmoid(x), and its gradient.
#include "silu.h"
#include "nativetrain.h"
#include "parallel.h"
#include "status.h"

int nt_silu_forward(const float* x, int ld_x, float* y, int ld_y, int64_t rows, int c) {
    return nt::guarded("nt_silu_forward", [&] {
        nt::parallel_lines(rows, c, {ld_x, ld_y}, [&](int64_t row, int64_t count) {
            const float* from = x + row * ld_x;
            float* to = y + row * ld_y;
#pragma omp simd
            for (int64_t i = 0; i < count; i++) to[i] = nt::silu(from[i]);
        });
    });
}

int nt_silu_backward(const float* x, int ld_x, const float* dy, int ld_dy, float* dx, int ld_dx, int64_t rows, int c, int accumulate) {
    return nt::guarded("nt_silu_backward", [&] {
        nt::parallel_lines(rows, c, {ld_x, ld_dy, ld_dx}, [&](int64_t row, int64_t count) {
            const float* at = x + row * ld_x;
            const float* g = dy + row * ld_dy;
            float* to = dx + row * ld_dx;
            if (accumulate) {
#pragma omp simd
                for (int64_t i = 0; i < count; i++) to[i] += g[i] * nt::silu_derivative(at[i]);
            } else {
#pragma omp simd
                for (int64_t i = 0; i < count; i++) to[i] = g[i] * nt::silu_derivative(at[i]);
            }
        });
    });
}
