// Nearest-neighbour upsampling by two: every pixel becomes a square of four.
#include "nativetrain.h"
#include "parallel.h"
#include "status.h"

int nt_upsample2x_forward(const float* x, int ld_x, float* y, int ld_y, int n, int h, int w, int c) {
    return nt::guarded("nt_upsample2x_forward", [&] {
        nt::parallel_for(static_cast<int64_t>(n) * h, [&](int64_t row) {
            const float* from = x + row * w * ld_x;
            float* above = y + row * 4 * w * ld_y;  // an input row is two output rows of twice its width
            float* below = above + static_cast<int64_t>(2) * w * ld_y;
            for (int64_t i = 0; i < w; i++)
                for (float* to : {above, below}) {
                    std::copy_n(from + i * ld_x, c, to + 2 * i * ld_y);
                    std::copy_n(from + i * ld_x, c, to + (2 * i + 1) * ld_y);
                }
        });
    });
}

int nt_upsample2x_backward(const float* dy, int ld_dy, float* dx, int ld_dx, int n, int h, int w, int c, int accumulate) {
    return nt::guarded("nt_upsample2x_backward", [&] {
        nt::parallel_for(static_cast<int64_t>(n) * h, [&](int64_t row) {
            for (int64_t i = 0; i < w; i++) {
                const float* a = dy + (row * 4 * w + 2 * i) * ld_dy;
                const float* b = a + ld_dy;
                const float* d = a + static_cast<int64_t>(2) * w * ld_dy;
                const float* e = d + ld_dy;
                float* to = dx + (row * w + i) * ld_dx;
                if (accumulate) {
#pragma omp simd
                    for (int k = 0; k < c; k++) to[k] += (a[k] + b[k]) + (d[k] + e[k]);
                } else {
#pragma omp simd
                    for (int k = 0; k < c; k++) to[k] = (a[k] + b[k]) + (d[k] + e[k]);
                }
            }
        });
    });
}
