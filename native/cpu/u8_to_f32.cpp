// y = scale·x: image bytes to the network's input.
#include "nativetrain.h"
#include "parallel.h"
#include "status.h"

int nt_u8_to_f32(const uint8_t* x, float* y, int64_t n, float scale) {
    return nt::guarded("nt_u8_to_f32", [&] {
        nt::parallel_lines(n, 1, {1}, [&](int64_t begin, int64_t count) {
            const uint8_t* from = x + begin;
            float* to = y + begin;
#pragma omp simd
            for (int64_t i = 0; i < count; i++) to[i] = scale * from[i];
        });
    });
}
