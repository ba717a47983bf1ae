// The mean over rows of -log softmax(x)[class], from logits x [rows, c] in float, and its gradient (math/cross_entropy.h).
//
// Bytes: x once forward; x twice and dx back. FLOPs: about 40 a number.
// Threads: `lanes` neighbouring lanes of a warp take a row (see softmax_row.cuh). The rows' terms, in double, are added
// by one block in a fixed order.
#include "softmax_row.cuh"
#include "math/cross_entropy.h"

// terms [rows]. A class that there is not makes the loss NaN.
__global__ void cross_entropy_terms(const float* x, int ld_x, const int* classes, long long rows, int c, int lanes, double* terms) {
    const int lane = threadIdx.x % lanes;
    for (long long first = first_row_of_warp(lanes); first < rows; first += global_threads() / lanes) {
        const long long row = first + threadIdx.x % warp_size / lanes;
        const float* from = x + row * ld_x;
        const Exponentials all = exponentials(from, row < rows ? c : 0, lane, lanes);
        if (row >= rows || lane > 0) continue;
        const int target = classes[row];
        const bool known = target >= 0 && target < c;
        terms[row] = known ? nt::LogitSums<float>(all.top, all.sum).cross_entropy(from[target]) : __int_as_float(0x7fc00000);
    }
}

// loss [1], by one block.
__global__ void cross_entropy_mean(const double* terms, long long rows, float* loss) {
    constexpr int threads = 256;
    __shared__ double partial[threads / warp_size];
    double sum = 0;
    for (long long i = threadIdx.x; i < rows; i += threads) sum += terms[i];
    sum = block_sum<threads>(sum, partial);
    if (threadIdx.x == 0) loss[0] = static_cast<float>(sum / static_cast<double>(rows));
}

// dx = (softmax(x) - one-hot)·dloss/rows, or added to dx.
__global__ void cross_entropy_backward(const float* x, int ld_x, const int* classes, const float* dloss, float* dx, int ld_dx, long long rows, int c, int lanes, int accumulate) {
    const int lane = threadIdx.x % lanes;
    const float scale = dloss[0] / static_cast<float>(rows);
    for (long long first = first_row_of_warp(lanes); first < rows; first += global_threads() / lanes) {
        const long long row = first + threadIdx.x % warp_size / lanes;
        const int count = row < rows ? c : 0;
        const float* from = x + row * ld_x;
        const Exponentials all = exponentials(from, count, lane, lanes);
        const nt::LogitSums<float> sums(all.top, all.sum);
        const float share = scale / sums.sum;
        for (int i = lane; i < count; i += lanes) {
            const float d = sums.derivative(from[i], share) - (i == classes[row] ? scale : 0.f);
            float& to = dx[row * ld_dx + i];
            to = accumulate ? to + d : d;
        }
    }
}

KERNEL(cross_entropy_terms)
KERNEL(cross_entropy_mean)
KERNEL(cross_entropy_backward)
