// The mean of every channel over a whole map: y[n,c] = Σ x[n,h,w,c] / (H·W).
#include "nativetrain.h"
#include "parallel.h"
#include "status.h"

namespace {
constexpr int tile = 64;  // channels a task sums

// Calls body(image, first channel, channels) for every image and range of channels.
template <class Body>
void for_tiles(int n, int c, Body&& body) {
    const int tiles = (c + tile - 1) / tile;
    nt::parallel_for(static_cast<int64_t>(n) * tiles, [&](int64_t task) {
        const int begin = static_cast<int>(task % tiles) * tile;
        body(task / tiles, begin, std::min(tile, c - begin));
    });
}
}  // namespace

int nt_global_avg_pool_forward(int type, const void* x, int ld_x, float* y, int n, int64_t pixels, int c) {
    return nt::guarded("nt_global_avg_pool_forward", [&] {
        const nt::Source source(type, x);
        for_tiles(n, c, [&](int64_t image, int begin, int count) {
            double sum[tile] = {};
            for (int64_t i = 0; i < pixels; i++) {
                float buffer[tile];
                const float* from = source.read((image * pixels + i) * ld_x + begin, count, buffer);
#pragma omp simd
                for (int k = 0; k < count; k++) sum[k] += from[k];
            }
            for (int k = 0; k < count; k++) y[image * c + begin + k] = static_cast<float>(sum[k] / static_cast<double>(pixels));
        });
    });
}

int nt_global_avg_pool_backward(const float* dy, int type, void* dx, int ld_dx, int n, int64_t pixels, int c, int accumulate) {
    return nt::guarded("nt_global_avg_pool_backward", [&] {
        const nt::Target target(type, dx);
        const float share = 1.f / static_cast<float>(pixels);
        for_tiles(n, c, [&](int64_t image, int begin, int count) {
            const float* from = dy + image * c + begin;
            for (int64_t i = 0; i < pixels; i++) {
                float buffer[tile];
                const int64_t place = (image * pixels + i) * ld_dx + begin;
                float* to = target.open(place, count, buffer, accumulate);
                if (accumulate) {
#pragma omp simd
                    for (int k = 0; k < count; k++) to[k] += share * from[k];
                } else {
#pragma omp simd
                    for (int k = 0; k < count; k++) to[k] = share * from[k];
                }
                target.close(place, count, to);
            }
        });
    });
}
