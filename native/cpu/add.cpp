// y = a + b. y may be a or b.
#include "nativetrain.h"
#include "parallel.h"
#include "status.h"

int nt_add(const float* a, int ld_a, const float* b, int ld_b, float* y, int ld_y, int64_t rows, int c) {
    return nt::guarded("nt_add", [&] {
        nt::parallel_lines(rows, c, {ld_a, ld_b, ld_y}, [&](int64_t row, int64_t count) {
            const float* p = a + row * ld_a;
            const float* q = b + row * ld_b;
            float* to = y + row * ld_y;
#pragma omp simd
            for (int64_t i = 0; i < count; i++) to[i] = p[i] + q[i];
        });
    });
}
