// y = x, or y += x.
#include "nativetrain.h"
#include "parallel.h"
#include "status.h"

int nt_copy(const float* x, int ld_x, float* y, int ld_y, int64_t rows, int c, int accumulate) {
    return nt::guarded("nt_copy", [&] {
        nt::parallel_lines(rows, c, {ld_x, ld_y}, [&](int64_t row, int64_t count) {
            const float* from = x + row * ld_x;
            float* to = y + row * ld_y;
            if (accumulate) {
#pragma omp simd
                for (int64_t i = 0; i < count; i++) to[i] += from[i];
            } else {
                std::copy_n(from, count, to);
            }
        });
    });
}
