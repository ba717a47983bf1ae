// Weight gradients whose pixels are cut into chunks: each chunk sums into a partial gradient of its own.
#pragma once
#include "parallel.h"
#include "simd.h"
#include "workspace.h"

#include <algorithm>

namespace nt::conv {

// A chunk has pixels enough to pay for adding up its partial gradient, and no more: a thread that the machine holds up then keeps the
// others waiting for a small one.
inline int64_t pixel_chunks(int64_t pixels) { return std::clamp<int64_t>(pixels / 800, 1, 32); }

// The calling thread's room for sums of weight gradients, partial ones mostly: one for all ways.
inline float* partial_room(size_t floats) {
    thread_local Workspace workspace;
    return workspace.floats(floats);
}

// dw[i] += the sum of partial[chunk][i] over the chunks, in their order. Small parts and a few lines of a partial at a time: the
// partials lie in the caches of the threads that wrote them, and the time is that of fetching them from there.
inline void add_partials(const float* partial, int chunks, int64_t size, float* dw) {
    if (chunks == 0) return;
    constexpr int together = 4, step = together * lanes;
    constexpr int64_t part = 16 * step;
    parallel_for((size + part - 1) / part, [=](int64_t k) {
        const float* from = partial + k * part;
        float* to = dw + k * part;
        const int64_t count = std::min(part, size - k * part), whole = count / step * step;
        for (int64_t i = 0; i < whole; i += step) {
            Vector sum[together] = {};
            for (int chunk = 0; chunk < chunks; chunk++)
#pragma GCC unroll 4
                for (int v = 0; v < together; v++) sum[v] += nt::load<Type::f32>(from + chunk * size + i + v * lanes);
#pragma GCC unroll 4
            for (int v = 0; v < together; v++) nt::store<Type::f32>(to + i + v * lanes, nt::load<Type::f32>(to + i + v * lanes) + sum[v]);
        }
        for (int64_t i = whole; i < count; i++) {
            float sum = 0;
            for (int chunk = 0; chunk < chunks; chunk++) sum += from[chunk * size + i];
            to[i] += sum;
        }
    });
}

}  // namespace nt::conv
