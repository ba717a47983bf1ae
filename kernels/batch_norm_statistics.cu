// Batch norm (Ioffe & Szegedy 2015, arXiv:1502.03167), first half: mean and variance of every channel of x [rows, c].
//
// One pass over x: rows·c numbers read, 4 FLOPs each, so that memory alone counts. The rows are cut into chunks, whose
// size the host chooses from rows and c alone. A block takes a chunk (see rows.cuh) and sums d = x - k and d² in float,
// with k the mean of the chunk's first few rows: d is then of the size of the standard deviation however large the mean
// is, and Σd² - (Σd)²/n loses no digits. A second kernel combines the chunks in order (Chan, Golub & LeVeque 1979),
// measuring their means from the first chunk's k for the same reason, and updates the running statistics: bytes and time
// of no account.
#include "rows.cuh"

namespace {
constexpr int shift_rows = 8;

// The mean of the chunk's first rows, from which d is measured.
template <int vector, class T>
DEVICE void find_shift(const T* x, int c, long long begin, long long end, float (&shift)[vector]) {
    const int rows = static_cast<int>(min(end - begin, static_cast<long long>(shift_rows)));
    for (int r = 0; r < rows; r++) {
        float v[vector];
        load<vector>(x + (begin + r) * c, v);
UNROLL
        for (int j = 0; j < vector; j++) shift[j] += v[j];
    }
UNROLL
    for (int j = 0; j < vector; j++) shift[j] /= static_cast<float>(rows);
}
}  // namespace

// partial [chunks, 3, c]: k, Σ(x - k), Σ(x - k)².
template <class T, int vector>
__global__ void __launch_bounds__(row_threads) batch_norm_sums(const T* x, long long rows, int c, long long chunk_rows, float* partial) {
    __shared__ BlockSums<vector> shared;
    const int channel = own_channel<vector>();
    for (long long chunk = blockIdx.y; chunk * chunk_rows < rows; chunk += gridDim.y) {
        const long long begin = chunk * chunk_rows, end = min(rows, begin + chunk_rows);
        float shift[vector] = {}, sum[vector] = {}, squares[vector] = {};
        float* to = partial + chunk * 3 * c;
        if (channel < c) {
            find_shift<vector>(x + channel, c, begin, end, shift);
            for (long long row = begin + threadIdx.y; row < end; row += blockDim.y) {
                float v[vector];
                load<vector>(x + row * c + channel, v);
UNROLL
                for (int j = 0; j < vector; j++) {
                    const float d = v[j] - shift[j];
                    sum[j] += d;
                    squares[j] += d * d;
                }
            }
            if (threadIdx.y == 0) {
UNROLL
                for (int j = 0; j < vector; j++) to[channel + j] = shift[j];
            }
        }
        const float all = sum_rows<vector>(sum, shared), all_squares = sum_rows<vector>(squares, shared);
        const int k = summed_channel<vector>();
        if (k < c) {
            to[c + k] = all;
            to[2 * c + k] = all_squares;
        }
    }
}

// See sum_chunks for the threads.
__global__ void batch_norm_statistics(const float* partial, long long rows, int c, long long chunk_rows, float eps, float momentum,
                                      float* mean, float* invstd, float* running_mean, float* running_var) {
    __shared__ float shared[chunk_threads][warp_size];
    const int k = blockIdx.x * warp_size + threadIdx.x;
    const long long chunks = k < c ? (rows + chunk_rows - 1) / chunk_rows : 0;
    const float n = static_cast<float>(rows), reference = k < c ? partial[k] : 0.f;
    const auto pixels = [&](long long chunk) { return static_cast<float>(min(chunk_rows, rows - chunk * chunk_rows)); };

    LongSum sum;  // Σ(x - reference)
    for (long long i = threadIdx.y; i < chunks; i += chunk_threads) {
        const float* from = partial + i * 3 * c + k;
        sum.add(pixels(i) * (from[0] - reference) + from[c]);
    }
    const float off = sum_chunks(sum, shared) / n;  // of the mean, from the reference

    LongSum squares;  // Σ(x - mean)²
    for (long long i = threadIdx.y; i < chunks; i += chunk_threads) {
        const float* from = partial + i * 3 * c + k;
        const float mean_d = from[c] / pixels(i), beside = from[0] - reference + mean_d - off;
        squares.add(fmaxf(0.f, from[2 * c] - mean_d * from[c]) + beside * beside * pixels(i));
    }
    const float all_squares = sum_chunks(squares, shared);

    if (k >= c || threadIdx.y > 0) return;
    const float average = reference + off, variance = all_squares / n, unbiased = all_squares / fmaxf(1.f, n - 1.f);
    mean[k] = average;
    invstd[k] = 1.f / sqrtf(variance + eps);
    running_mean[k] = (1.f - momentum) * running_mean[k] + momentum * average;
    running_var[k] = (1.f - momentum) * running_var[k] + momentum * unbiased;
}

__global__ void batch_norm_invstd(const float* var, int c, float eps, float* invstd) {
    const int k = static_cast<int>(global_thread());
    if (k < c) invstd[k] = 1.f / sqrtf(var[k] + eps);
}

KERNEL_VECTORS(batch_norm_sums)
KERNEL(batch_norm_statistics)
KERNEL(batch_norm_invstd)
