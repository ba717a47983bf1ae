// Nearest-neighbour upsampling by two: every pixel becomes a square of four.
#include "nativetrain.h"
#include "parallel.h"
#include "status.h"

#include <cstring>

int nt_upsample2x_forward(int type, const void* x, int ld_x, void* y, int ld_y, int n, int h, int w, int c) {
    return nt::guarded("nt_upsample2x_forward", [&] {
        const nt::Source source(type, x);
        const nt::Target target(type, y);
        const size_t pixel = c * nt::element_bytes(source.type);
        nt::parallel_for(static_cast<int64_t>(n) * h, [&](int64_t row) {
            const int64_t above = row * 4 * w, below = above + 2 * w;  // an input row is two output rows of twice its width
            for (int64_t i = 0; i < w; i++)
                for (int64_t to : {above + 2 * i, above + 2 * i + 1, below + 2 * i, below + 2 * i + 1})
                    std::memcpy(target.from(to * ld_y).p, source.from((row * w + i) * ld_x).p, pixel);
        });
    });
}

int nt_upsample2x_backward(int type, const void* dy, int ld_dy, void* dx, int ld_dx, int n, int h, int w, int c, int accumulate) {
    return nt::guarded("nt_upsample2x_backward", [&] {
        const nt::Source gradient(type, dy);
        const nt::Target target(type, dx);
        // Channels [at, at + count) of one input pixel.
        const auto sum = [&](int64_t row, int64_t i, int64_t at, int64_t count) {
            float buffers[5][nt::piece];
            const int64_t corner = (row * 4 * w + 2 * i) * ld_dy + at, below = corner + static_cast<int64_t>(2) * w * ld_dy;
            const float* a = gradient.read(corner, count, buffers[0]);
            const float* b = gradient.read(corner + ld_dy, count, buffers[1]);
            const float* d = gradient.read(below, count, buffers[2]);
            const float* e = gradient.read(below + ld_dy, count, buffers[3]);
            const int64_t place = (row * w + i) * ld_dx + at;
            float* to = target.open(place, count, buffers[4], accumulate);
            if (accumulate) {
#pragma omp simd
                for (int64_t k = 0; k < count; k++) to[k] += (a[k] + b[k]) + (d[k] + e[k]);
            } else {
#pragma omp simd
                for (int64_t k = 0; k < count; k++) to[k] = (a[k] + b[k]) + (d[k] + e[k]);
            }
            target.close(place, count, to);
        };
        nt::parallel_for(static_cast<int64_t>(n) * h, [&](int64_t row) {
            for (int64_t i = 0; i < w; i++)
                for (int64_t at = 0; at < c; at += nt::piece) sum(row, i, at, std::min<int64_t>(nt::piece, c - at));
        });
    });
}
