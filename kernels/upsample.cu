// Nearest-neighbour upsampling by two: every pixel becomes a square of four; back, it gets the sum of the square.
//
// Bytes: the small map once, the large one once. FLOPs: three a number back. Threads: see rows.cuh, over the pixels of
// the small map: a warp that has read neighbouring channels or pixels writes, four times, just such neighbours.
#include "rows.cuh"

namespace {
// The upper left of pixel `row`'s square in the map of twice the width w.
DEVICE long long corner_of(int row, int w) {
    const int line = row / w, column = row % w;
    return 4LL * line * w + 2 * column;
}
}  // namespace

template <class T, int vector>
__global__ void upsample2x_forward(const T* x, int ld_x, T* y, int ld_y, int rows, int w, int c) {
    const int channel = own_channel<vector>();
    if (channel >= c) return;
    for (long long row = own_row(); row < rows; row += row_step()) {
        const auto pack = load_pack<vector>(x + row * ld_x + channel);
        T* to = y + corner_of(static_cast<int>(row), w) * ld_y + channel;
        const long long below = 2LL * w * ld_y;
        store_pack(to, pack);
        store_pack(to + ld_y, pack);
        store_pack(to + below, pack);
        store_pack(to + below + ld_y, pack);
    }
}

template <class T, int vector>
__global__ void upsample2x_backward(const T* dy, int ld_dy, T* dx, int ld_dx, int rows, int w, int c, int accumulate) {
    const int channel = own_channel<vector>();
    if (channel >= c) return;
    for (long long row = own_row(); row < rows; row += row_step()) {
        const T* from = dy + corner_of(static_cast<int>(row), w) * ld_dy + channel;
        const long long below = 2LL * w * ld_dy;
        float upper_left[vector], upper_right[vector], lower_left[vector], lower_right[vector], sum[vector] = {};
        load<vector>(from, upper_left);
        load<vector>(from + ld_dy, upper_right);
        load<vector>(from + below, lower_left);
        load<vector>(from + below + ld_dy, lower_right);
        T* to = dx + row * ld_dx + channel;
        if (accumulate) load<vector>(to, sum);
UNROLL
        for (int j = 0; j < vector; j++) sum[j] += (upper_left[j] + upper_right[j]) + (lower_left[j] + lower_right[j]);
        store<vector>(to, sum);
    }
}

KERNEL_VECTORS(upsample2x_forward)
KERNEL_VECTORS(upsample2x_backward)
