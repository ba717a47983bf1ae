// A product's right operand as the register tile reads it: panels of two vectors.
#pragma once
#include "conv2d_tile.h"
#include "parallel.h"
#include "workspace.h"

#include <algorithm>

namespace nt::conv {

// packed[panel][k][column] = row(k)[column · stride], zeros in the padding.
template <class Row>
void pack(int steps, int columns, ptrdiff_t stride, float* packed, Row row) {
    parallel_for(panels(columns), [&](int64_t panel) {
        const int first = panel * panel_width, n = vectors_of(columns, panel) * width;
        const int used = std::min(n, columns - first);
        float* p = packed + size_t(first) * steps;
        for (int k = 0; k < steps; k++, p += n) {
            const float* from = row(k) + first * stride;
            for (int c = 0; c < used; c++) p[c] = from[c * stride];
            for (int c = used; c < n; c++) p[c] = 0.f;
        }
    });
}

// The calling thread's room for packed weights, perhaps followed by a padded bias: one for all ways.
inline float* pack_buffer(size_t floats) {
    thread_local Workspace workspace;
    return workspace.floats(floats);
}

}  // namespace nt::conv
