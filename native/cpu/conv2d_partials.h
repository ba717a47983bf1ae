// Weight gradients whose pixels are cut into chunks: each chunk sums into a partial gradient of its own.
#pragma once
#include "parallel.h"
#include "simd.h"

namespace nt::conv {

// dw[i] += the sum of partial[chunk][i] over the chunks, in their order. Small parts: what each thread wrote lies in its own caches,
// and the time is that of fetching it from there.
inline void add_partials(const float* partial, int chunks, int64_t size, float* dw) {
    if (chunks == 0) return;
    constexpr int64_t part = 64 * lanes;
    parallel_for((size + part - 1) / part, [=](int64_t k) {
        const int64_t first = k * part;
        each_vector(std::min(part, size - first), [=](int64_t i, auto lanes_meant) {
            const float* from = partial + first + i;
            Vector sum = load<Type::f32>(from, lanes_meant);
            for (int chunk = 1; chunk < chunks; chunk++) sum += load<Type::f32>(from + chunk * size, lanes_meant);
            float* to = dw + first + i;
            store<Type::f32>(to, load<Type::f32>(to, lanes_meant) + sum, lanes_meant);
        });
    });
}

}  // namespace nt::conv
