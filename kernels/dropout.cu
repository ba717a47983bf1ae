// y = x·factor (adding: y +=), the factor of every element drawn from the key (math/dropout.h). The gradient is the same
// product: dx = dy·factor. All in float: it stands before the classifier's logits.
//
// Bytes: x read, y written (adding: read too). FLOPs: about 15 whole-number operations an element. Threads: see rows.cuh.
#include "rows.cuh"
#include "math/dropout.h"

template <class T, int vector>
__global__ void dropout(const T* x, int ld_x, T* y, int ld_y, long long rows, int c, float p, unsigned long long key, int accumulate) {
    const int channel = own_channel<vector>();
    if (channel >= c) return;
    for (long long row = own_row(); row < rows; row += row_step()) {
        float v[vector], sum[vector] = {};
        load<vector>(x + row * ld_x + channel, v);
        if (accumulate) load<vector>(y + row * ld_y + channel, sum);
UNROLL
        for (int j = 0; j < vector; j++) sum[j] += v[j] * nt::dropout_factor(key, static_cast<unsigned long long>(row * c + channel + j), p);
        store<vector>(y + row * ld_y + channel, sum);
    }
}

KERNEL(dropout<float, 4>)
KERNEL(dropout<float, 1>)
