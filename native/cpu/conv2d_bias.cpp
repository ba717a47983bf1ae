// Bias gradient: db[o] += Σ over n, i, j of dy[n,i,j,o].
#include "conv2d.h"
#include "parallel.h"
#include "workspace.h"

#include <algorithm>
#include <vector>

namespace nt::conv {

void add_column_sums(Source x, int64_t rows, int c, float* sums) {
    constexpr int64_t chunk_rows = 1024;
    const int64_t chunks = (rows + chunk_rows - 1) / chunk_rows;
    std::vector<float> partial(chunks * c, 0.f);
    parallel_for(chunks, [&](int64_t k) {
        float* p = partial.data() + k * c;
        const int64_t end = std::min(rows, (k + 1) * chunk_rows);
        thread_local Workspace converted;
        float* buffer = converted.floats(x.is_float() ? 0 : c);
        for (int64_t r = k * chunk_rows; r < end; r++) {
            const float* row = x.read(r * c, c, buffer);
#pragma omp simd
            for (int i = 0; i < c; i++) p[i] += row[i];
        }
    });
    for (int64_t k = 0; k < chunks; k++)
        for (int i = 0; i < c; i++) sums[i] += partial[k * c + i];
}

}  // namespace nt::conv
