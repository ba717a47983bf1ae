// y = scale·x: image bytes to the network's input, of float or of a 16-bit type.
#include "nativetrain.h"
#include "parallel.h"
#include "status.h"

int nt_u8_to_f32(const uint8_t* x, int type, void* y, int64_t n, float scale) {
    return nt::guarded("nt_u8_to_f32", [&] {
        const nt::Target target(type, y);
        nt::parallel_pieces(n, 1, {1}, [&](int64_t row, int64_t at, int64_t count) {
            float buffer[nt::piece];
            const uint8_t* from = x + row + at;
            float* to = target.open(row + at, count, buffer);
#pragma omp simd
            for (int64_t i = 0; i < count; i++) to[i] = scale * from[i];
            target.close(row + at, count, to);
        });
    });
}
