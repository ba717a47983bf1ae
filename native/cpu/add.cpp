// y = a + b. y may be a or b.
#include "nativetrain.h"
#include "parallel.h"
#include "status.h"

int nt_add(int type, const void* a, int ld_a, const void* b, int ld_b, void* y, int ld_y, int64_t rows, int c) {
    return nt::guarded("nt_add", [&] {
        const nt::Source left(type, a), right(type, b);
        const nt::Target sum(type, y);
        nt::parallel_pieces(rows, c, {ld_a, ld_b, ld_y}, [&](int64_t row, int64_t at, int64_t count) {
            float left_buffer[nt::piece], right_buffer[nt::piece], buffer[nt::piece];
            const float* p = left.read(row * ld_a + at, count, left_buffer);
            const float* q = right.read(row * ld_b + at, count, right_buffer);
            float* to = sum.open(row * ld_y + at, count, buffer);
#pragma omp simd
            for (int64_t i = 0; i < count; i++) to[i] = p[i] + q[i];
            sum.close(row * ld_y + at, count, to);
        });
    });
}
