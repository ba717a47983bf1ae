// y = Σ x, in double, chunk by chunk in a fixed order.
#include "nativetrain.h"
#include "parallel.h"
#include "status.h"

#include <numeric>
#include <vector>

int nt_sum(const float* x, int64_t n, float* y) {
    return nt::guarded("nt_sum", [&] {
        constexpr int64_t chunk = 16384;
        std::vector<double> partial((n + chunk - 1) / chunk);
        nt::parallel_for(partial.size(), [&](int64_t i) {
            const float* from = x + i * chunk;
            const int64_t count = std::min(chunk, n - i * chunk);
            double sum = 0;
#pragma omp simd reduction(+ : sum)
            for (int64_t j = 0; j < count; j++) sum += from[j];
            partial[i] = sum;
        });
        *y = static_cast<float>(std::accumulate(partial.begin(), partial.end(), 0.0));
    });
}
