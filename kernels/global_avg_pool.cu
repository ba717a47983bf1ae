// The mean of every channel over a whole map: y[n,c] = Σ x[n,h,w,c] / (H·W), y in float whatever x is.
//
// Bytes: forward reads x, backward writes dx (adding: reads it too). FLOPs: one a number.
// Threads: see rows.cuh; blockIdx.z is the image. Forward, a block takes all pixels of its channels: the sums of its rows
// are added up in a fixed order.
#include "rows.cuh"

template <class T, int vector>
__global__ void __launch_bounds__(row_threads) global_avg_pool_forward(const T* x, int ld_x, float* y, int pixels, int c) {
    __shared__ BlockSums<vector> shared;
    const int channel = own_channel<vector>();
    const long long image = blockIdx.z;
    float sum[vector] = {};
    if (channel < c)
        for (int i = threadIdx.y; i < pixels; i += blockDim.y) {
            float v[vector];
            load<vector>(x + (image * pixels + i) * ld_x + channel, v);
UNROLL
            for (int j = 0; j < vector; j++) sum[j] += v[j];
        }
    const float all = sum_rows<vector>(sum, shared);
    const int k = summed_channel<vector>();
    if (k < c) y[image * c + k] = all / static_cast<float>(pixels);
}

template <class T, int vector>
__global__ void global_avg_pool_backward(const float* dy, T* dx, int ld_dx, int pixels, int c, int accumulate) {
    const int channel = own_channel<vector>();
    if (channel >= c) return;
    const long long image = blockIdx.z;
    float share[vector];
    load_floats(dy + image * c + channel, share);
UNROLL
    for (int j = 0; j < vector; j++) share[j] /= static_cast<float>(pixels);
    for (long long i = own_row(); i < pixels; i += row_step()) {
        T* to = dx + (image * pixels + i) * ld_dx + channel;
        float sum[vector] = {};
        if (accumulate) load<vector>(to, sum);
UNROLL
        for (int j = 0; j < vector; j++) sum[j] += share[j];
        store<vector>(to, sum);
    }
}

KERNEL_VECTORS(global_avg_pool_forward)
KERNEL_VECTORS(global_avg_pool_backward)
