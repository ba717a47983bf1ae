// y = x·sigmoid(x), and its gradient.
#include "silu.h"
#include "nativetrain.h"
#include "parallel.h"
#include "status.h"

int nt_silu_forward(int type, const void* x, int ld_x, void* y, int ld_y, int64_t rows, int c) {
    return nt::guarded("nt_silu_forward", [&] {
        const nt::Source source(type, x);
        const nt::Target target(type, y);
        nt::parallel_pieces(rows, c, {ld_x, ld_y}, [&](int64_t row, int64_t at, int64_t count) {
            float x_buffer[nt::piece], y_buffer[nt::piece];
            const float* from = source.read(row * ld_x + at, count, x_buffer);
            float* to = target.open(row * ld_y + at, count, y_buffer);
#pragma omp simd
            for (int64_t i = 0; i < count; i++) to[i] = nt::silu(from[i]);
            target.close(row * ld_y + at, count, to);
        });
    });
}

int nt_silu_backward(int type, const void* x, int ld_x, const void* dy, int ld_dy, void* dx, int ld_dx, int64_t rows, int c, int accumulate) {
    return nt::guarded("nt_silu_backward", [&] {
        const nt::Source source(type, x), gradient(type, dy);
        const nt::Target target(type, dx);
        nt::parallel_pieces(rows, c, {ld_x, ld_dy, ld_dx}, [&](int64_t row, int64_t at, int64_t count) {
            float x_buffer[nt::piece], dy_buffer[nt::piece], dx_buffer[nt::piece];
            const float* from = source.read(row * ld_x + at, count, x_buffer);
            const float* g = gradient.read(row * ld_dy + at, count, dy_buffer);
            float* to = target.open(row * ld_dx + at, count, dx_buffer, accumulate);
            if (accumulate) {
#pragma omp simd
                for (int64_t i = 0; i < count; i++) to[i] += g[i] * nt::silu_derivative(from[i]);
            } else {
#pragma omp simd
                for (int64_t i = 0; i < count; i++) to[i] = g[i] * nt::silu_derivative(from[i]);
            }
            target.close(row * ld_dx + at, count, to);
        });
    });
}
