// What a training of several processes computes of their parts of a batch: statistics of batch norm (math/rank_moments.h) and
// divisors of losses. A thread a channel, a block a set of cells, a thread a divisor: bytes and time of no account.
#include "common.cuh"
#include "math/cell_target.h"
#include "math/rank_moments.h"

namespace {
constexpr int threads = 256;
}

__global__ void batch_norm_combine(const float* parts, int ranks, int c, float eps, float momentum, float* mean, float* invstd, float* running_mean, float* running_var) {
    const int k = static_cast<int>(global_thread());
    if (k >= c) return;
    const nt::Moments all = nt::rank_moments(parts, ranks, c, k);
    const float average = static_cast<float>(all.mean), unbiased = static_cast<float>(all.m2 / (all.n > 2 ? all.n - 1 : 1));
    mean[k] = average;
    invstd[k] = 1.f / sqrtf(static_cast<float>(all.m2 / all.n) + eps);
    running_mean[k] = (1.f - momentum) * running_mean[k] + momentum * average;
    running_var[k] = (1.f - momentum) * running_var[k] + momentum * unbiased;
}

// One block. sums [2]: Σ target scores, and the number of cells that learn an object.
__global__ void loss_normalizers(const nt::CellTarget* assigned, long long cells, float* sums) {
    __shared__ double partial[threads / warp_size];
    double score = 0, positives = 0;
    for (long long i = threadIdx.x; i < cells; i += threads) {
        score += assigned[i].score;
        positives += assigned[i].positive() ? 1 : 0;
    }
    score = block_sum<threads>(score, partial);
    positives = block_sum<threads>(positives, partial);
    if (threadIdx.x > 0) return;
    sums[0] = static_cast<float>(score);
    sums[1] = static_cast<float>(positives);
}

// parts [ranks, 2]; shares [2]: max(own, 1) / max(Σ, 1).
__global__ void normalizer_shares(const float* parts, int ranks, int rank, float* shares) {
    const int k = static_cast<int>(global_thread());
    if (k >= 2) return;
    double all = 0;
    for (int r = 0; r < ranks; r++) all += parts[2 * r + k];
    const double own = parts[2 * rank + k];
    shares[k] = static_cast<float>((own > 1 ? own : 1) / (all > 1 ? all : 1));
}

KERNEL(batch_norm_combine)
KERNEL(loss_normalizers)
KERNEL(normalizer_shares)
