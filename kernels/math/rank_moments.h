// Mean and variance of a channel over the maps of several ranks, from those of each (Chan, Golub & LeVeque 1979):
//   n = Σ n_r,  mean = Σ n_r·mean_r / n,  M2 = Σ (n_r − 1)·var_r + n_r·(mean_r − mean)²
// where var_r is the unbiased variance of rank r's n_r pixels. A rank without pixels counts for nothing.
#pragma once
#include "hd.h"

namespace nt {
struct Moments {
    double n, mean, m2;
};

// A rank's part is [2·c + 1]: means, variances, n_r. Ranks are added in their order.
NT_HD inline Moments rank_moments(const float* parts, int ranks, int c, int channel) {
    const long long size = 2LL * c + 1;
    Moments all = {0, 0, 0};
    for (int r = 0; r < ranks; r++) {
        const double n = parts[r * size + 2 * c];
        all.n += n;
        all.mean += n * parts[r * size + channel];
    }
    all.mean /= all.n;
    for (int r = 0; r < ranks; r++) {
        const float* part = parts + r * size;
        const double n = part[2 * c];
        if (n < 1) continue;
        const double off = part[channel] - all.mean;
        all.m2 += (n - 1) * part[c + channel] + n * off * off;
    }
    return all;
}
}  // namespace nt
