// y = x, or y += x, also between element types; and many small copies at once.
#include "chunks.h"
#include "nativetrain.h"
#include "parallel.h"
#include "status.h"

#include <cstring>

int nt_copy(int type_x, const void* x, int ld_x, int type_y, void* y, int ld_y, int64_t rows, int c, int accumulate) {
    return nt::guarded("nt_copy", [&] {
        const nt::Source source(type_x, x);
        const nt::Target target(type_y, y);
        if (!accumulate && source.type == target.type) {
            nt::parallel_lines(rows, c, {ld_x, ld_y}, [&](int64_t row, int64_t count) {
                std::memcpy(target.from(row * ld_y).p, source.from(row * ld_x).p, count * nt::element_bytes(source.type));
            });
            return;
        }
        nt::parallel_pieces(rows, c, {ld_x, ld_y}, [&](int64_t row, int64_t at, int64_t count) {
            float x_buffer[nt::piece], y_buffer[nt::piece];
            const float* from = source.read(row * ld_x + at, count, x_buffer);
            if (!accumulate) return target.write(row * ld_y + at, count, from);
            float* to = target.open(row * ld_y + at, count, y_buffer, /*keep=*/true);
#pragma omp simd
            for (int64_t i = 0; i < count; i++) to[i] += from[i];
            target.close(row * ld_y + at, count, to);
        });
    });
}

int nt_copy_all(int count, const void* const* x, void* const* y, const int64_t* bytes) {
    return nt::guarded("nt_copy_all", [&] {
        const auto chunks = nt::chunks_of(count, bytes, 1 << 16);
        nt::parallel_for(chunks.size(), [&](int64_t i) {
            const auto [t, begin, end] = chunks[i];
            std::memcpy(static_cast<char*>(y[t]) + begin, static_cast<const char*>(x[t]) + begin, end - begin);
        });
    });
}
