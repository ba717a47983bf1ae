// Batch norm, second half: y = act(gamma·(x - mean)·invstd + beta) [+ residual], and the gradient. x is dense [rows, c].
//
// The normalised map and the activation's input are never stored: the backward pass computes them again from x, which
// costs less than the memory traffic.
//
// Bytes: forward reads x (and residual) and writes y (and the channels of y2). Backward reads x and dy for the sums, reads
// them again for dx and writes that: five maps. FLOPs: about 25 a number forward and 35 in each pass back.
// Threads: see rows.cuh; the channels' mean, scale and beta stay in registers.
//
// The sums of the backward pass go by chunks of rows, whose size the host chooses from rows and c alone: the result is the
// same whatever the grid.
#include "rows.cuh"
#include "math/silu.h"

namespace {
// Of the calling thread's channels.
template <int vector>
struct Norm {
    float mean[vector], scale[vector], beta[vector];  // z = scale·(x - mean) + beta, scale = gamma·invstd

    DEVICE Norm(const float* means, const float* invstd, const float* gamma, const float* betas, int channel) {
        float factor[vector];
        load_floats(means + channel, mean);
        load_floats(gamma + channel, scale);
        load_floats(invstd + channel, factor);
        load_floats(betas + channel, beta);
UNROLL
        for (int j = 0; j < vector; j++) scale[j] *= factor[j];
    }

    // act'(z), where d = x - mean of the thread's channel j.
    DEVICE float derivative(int j, float d, int silu) const { return silu ? nt::silu_derivative(d * scale[j] + beta[j]) : 1.f; }
};

// dL/dy: dy, or zero, and in its channels dy2 added.
template <class T>
struct Gradient {
    const T* dy;  // may be missing
    int ld_dy;
    const T* dy2;  // may be missing
    int dy2_begin, dy2_count;

    template <int vector>
    DEVICE void read(long long row, int channel, float (&g)[vector]) const {
        if (dy) {
            load<vector>(dy + row * ld_dy + channel, g);
        } else {
UNROLL
            for (int j = 0; j < vector; j++) g[j] = 0;
        }
        const int at = channel - dy2_begin;
        if (!dy2 || at < 0 || at >= dy2_count) return;
        float add[vector];
        load<vector>(dy2 + row * dy2_count + at, add);
UNROLL
        for (int j = 0; j < vector; j++) g[j] += add[j];
    }
};
}  // namespace

template <class T, int vector>
__global__ void batch_norm_act_forward(const T* x, long long rows, int c, const float* mean, const float* invstd, const float* gamma, const float* beta, int silu,
                                       const T* residual, int ld_residual, T* y, int ld_y, T* y2, int y2_begin, int y2_count) {
    const int channel = own_channel<vector>();
    if (channel >= c) return;
    const Norm<vector> norm(mean, invstd, gamma, beta, channel);
    const int at2 = channel - y2_begin;
    const bool second = y2 && at2 >= 0 && at2 < y2_count;
    for (long long row = own_row(); row < rows; row += row_step()) {
        float v[vector];
        load<vector>(x + row * c + channel, v);
UNROLL
        for (int j = 0; j < vector; j++) {
            v[j] = (v[j] - norm.mean[j]) * norm.scale[j] + norm.beta[j];
            if (silu) v[j] = nt::silu(v[j]);
        }
        if (residual) {
            float add[vector];
            load<vector>(residual + row * ld_residual + channel, add);
UNROLL
            for (int j = 0; j < vector; j++) v[j] += add[j];
        }
        store<vector>(y + row * ld_y + channel, v);
        if (second) store<vector>(y2 + row * y2_count + at2, v);
    }
}

// First pass. With g = dy·act'(z): Σg and Σg·(x - mean) of every chunk of rows, to partial [chunks, 2, c].
template <class T, int vector>
__global__ void __launch_bounds__(row_threads, 3) batch_norm_act_backward_sums(
    const T* x, long long rows, int c, const float* mean, const float* invstd, const float* gamma, const float* beta, int silu,
    const T* dy, int ld_dy, const T* dy2, int dy2_begin, int dy2_count, long long chunk_rows, float* partial) {
    __shared__ BlockSums<vector> shared;
    const int channel = own_channel<vector>();
    const Norm<vector> norm(mean, invstd, gamma, beta, channel < c ? channel : 0);
    const Gradient<T> gradient{dy, ld_dy, dy2, dy2_begin, dy2_count};
    for (long long chunk = blockIdx.y; chunk * chunk_rows < rows; chunk += gridDim.y) {
        const long long end = channel < c ? min(rows, (chunk + 1) * chunk_rows) : 0;
        float sum[vector] = {}, product[vector] = {};
        for (long long row = chunk * chunk_rows + threadIdx.y; row < end; row += blockDim.y) {
            float v[vector], g[vector];
            load<vector>(x + row * c + channel, v);
            gradient.template read<vector>(row, channel, g);
UNROLL
            for (int j = 0; j < vector; j++) {
                const float d = v[j] - norm.mean[j];
                g[j] *= norm.derivative(j, d, silu);
                sum[j] += g[j];
                product[j] += g[j] * d;
            }
        }
        const float all = sum_rows<vector>(sum, shared), all_products = sum_rows<vector>(product, shared);
        const int k = summed_channel<vector>();
        if (k < c) {
            partial[chunk * 2 * c + k] = all;
            partial[(chunk * 2 + 1) * c + k] = all_products;
        }
    }
}

// The sums of all chunks, in order, of the calling thread's channel k: dbeta += Σg, dgamma += invstd·Σg·(x - mean). False where
// the thread has none. See sum_chunks for the threads.
DEVICE bool add_chunks(const float* partial, long long rows, int c, long long chunk_rows, const float* invstd, float* dgamma, float* dbeta, int k,
                       float (&shared)[chunk_threads][warp_size], float& sum_g, float& sum_gd) {
    const long long chunks = k < c ? (rows + chunk_rows - 1) / chunk_rows : 0;
    LongSum sum, product;
    for (long long i = threadIdx.y; i < chunks; i += chunk_threads) {
        sum.add(partial[i * 2 * c + k]);
        product.add(partial[(i * 2 + 1) * c + k]);
    }
    sum_g = sum_chunks(sum, shared);
    sum_gd = sum_chunks(product, shared);
    if (k >= c || threadIdx.y > 0) return false;
    dbeta[k] += sum_g;
    dgamma[k] += sum_gd * invstd[k];
    return true;
}

// Of dx = scale·(g - Σg/rows - (x - mean)·invstd²·Σg·(x - mean)/rows) = scale·g + at_mean + slope·(x - mean)
// the coefficients [2, c]: at_mean, slope.
DEVICE void store_coefficients(float sum_g, float sum_gd, long long rows, int c, const float* invstd, const float* gamma, int k, float* coefficients) {
    const float scale = gamma[k] * invstd[k], n = static_cast<float>(rows);
    coefficients[k] = -scale * sum_g / n;
    coefficients[c + k] = -scale * sum_gd * invstd[k] * invstd[k] / n;
}

__global__ void batch_norm_act_backward_coefficients(const float* partial, long long rows, int c, long long chunk_rows, const float* invstd, const float* gamma,
                                                     float* dgamma, float* dbeta, float* coefficients) {
    __shared__ float shared[chunk_threads][warp_size];
    const int k = blockIdx.x * warp_size + threadIdx.x;
    float sum_g, sum_gd;
    if (add_chunks(partial, rows, c, chunk_rows, invstd, dgamma, dbeta, k, shared, sum_g, sum_gd)) store_coefficients(sum_g, sum_gd, rows, c, invstd, gamma, k, coefficients);
}

// The same in two steps, between which the sums of several processes are added up: sums [2, c] = Σg, Σg·(x - mean) …
__global__ void batch_norm_act_backward_totals(const float* partial, long long rows, int c, long long chunk_rows, const float* invstd, float* dgamma, float* dbeta, float* sums) {
    __shared__ float shared[chunk_threads][warp_size];
    const int k = blockIdx.x * warp_size + threadIdx.x;
    float sum_g, sum_gd;
    if (!add_chunks(partial, rows, c, chunk_rows, invstd, dgamma, dbeta, k, shared, sum_g, sum_gd)) return;
    sums[k] = sum_g;
    sums[c + k] = sum_gd;
}

// … and, of the sums over `rows` pixels, the coefficients.
__global__ void batch_norm_act_backward_shared(const float* sums, long long rows, int c, const float* invstd, const float* gamma, float* coefficients) {
    const int k = static_cast<int>(global_thread());
    if (k < c) store_coefficients(sums[k], sums[c + k], rows, c, invstd, gamma, k, coefficients);
}

// Second pass: dx, which may be dy, from g computed again. (A 16-bit dx would not hold g to the digits that the subtraction needs.)
template <class T, int vector>
__global__ void batch_norm_act_backward(const T* x, long long rows, int c, const float* mean, const float* invstd, const float* gamma, const float* beta, int silu,
                                        const T* dy, int ld_dy, const T* dy2, int dy2_begin, int dy2_count, const float* coefficients, T* dx) {
    const int channel = own_channel<vector>();
    if (channel >= c) return;
    const Norm<vector> norm(mean, invstd, gamma, beta, channel);
    const Gradient<T> gradient{dy, ld_dy, dy2, dy2_begin, dy2_count};
    float at_mean[vector], slope[vector];
    load_floats(coefficients + channel, at_mean);
    load_floats(coefficients + c + channel, slope);
    for (long long row = own_row(); row < rows; row += row_step()) {
        float v[vector], g[vector];
        load<vector>(x + row * c + channel, v);
        gradient.template read<vector>(row, channel, g);
UNROLL
        for (int j = 0; j < vector; j++) {
            const float d = v[j] - norm.mean[j];
            g[j] *= norm.derivative(j, d, silu);
            g[j] = g[j] * norm.scale[j] + (d * slope[j] + at_mean[j]);
        }
        store<vector>(dx + row * c + channel, g);
    }
}

KERNEL_VECTORS(batch_norm_act_forward)
KERNEL_VECTORS(batch_norm_act_backward_sums)
KERNEL(batch_norm_act_backward_coefficients)
KERNEL(batch_norm_act_backward_totals)
KERNEL(batch_norm_act_backward_shared)
KERNEL_VECTORS(batch_norm_act_backward)
