// y = a + b, elementwise; y may be a or b.
//
// Bytes: two maps read, one written. FLOPs: one a number. Threads: see rows.cuh.
#include "rows.cuh"

template <class T, int vector>
__global__ void add(const T* a, int ld_a, const T* b, int ld_b, T* y, int ld_y, long long rows, int c) {
    const int channel = own_channel<vector>();
    if (channel >= c) return;
    for (long long row = own_row(); row < rows; row += row_step()) {
        float v[vector], w[vector];
        load<vector>(a + row * ld_a + channel, v);
        load<vector>(b + row * ld_b + channel, w);
UNROLL
        for (int j = 0; j < vector; j++) v[j] += w[j];
        store<vector>(y + row * ld_y + channel, v);
    }
}

KERNEL_VECTORS(add)
