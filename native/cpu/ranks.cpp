// What a training of several processes computes of their parts of a batch: statistics of batch norm and divisors of losses.
#include "nativetrain.h"
#include "status.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "cell_target.h"
#include "rank_moments.h"

int nt_batch_norm_combine(const float* parts, int ranks, int c, float eps, float momentum, float* mean, float* invstd, float* running_mean, float* running_var) {
    return nt::guarded("nt_batch_norm_combine", [&] {
        for (int k = 0; k < c; k++) {
            const nt::Moments all = nt::rank_moments(parts, ranks, c, k);
            mean[k] = static_cast<float>(all.mean);
            invstd[k] = static_cast<float>(1 / std::sqrt(all.m2 / all.n + eps));
            running_mean[k] = static_cast<float>((1 - momentum) * running_mean[k] + momentum * all.mean);
            running_var[k] = static_cast<float>((1 - momentum) * running_var[k] + momentum * all.m2 / std::max(1.0, all.n - 1));
        }
    });
}

int nt_loss_normalizers(const float* assigned, int64_t cells, float* sums) {
    return nt::guarded("nt_loss_normalizers", [&] {
        const auto* t = reinterpret_cast<const nt::CellTarget*>(assigned);
        double score = 0;
        int64_t positives = 0;
        for (int64_t i = 0; i < cells; i++) {
            score += t[i].score;
            positives += t[i].positive();
        }
        sums[0] = static_cast<float>(score);
        sums[1] = static_cast<float>(positives);
    });
}

int nt_normalizer_shares(const float* parts, int ranks, int rank, float* shares) {
    return nt::guarded("nt_normalizer_shares", [&] {
        if (rank < 0 || rank >= ranks) throw std::invalid_argument("there is no such rank");
        for (int k = 0; k < 2; k++) {
            double all = 0;
            for (int r = 0; r < ranks; r++) all += parts[2 * r + k];
            shares[k] = static_cast<float>(std::max<double>(parts[2 * rank + k], 1) / std::max(all, 1.0));
        }
    });
}
