// y = x·factor, the factor of every element drawn from the key. The gradient is the same product: dx = dy·factor.
#include "dropout.h"
#include "nativetrain.h"
#include "parallel.h"
#include "status.h"

#include <stdexcept>

int nt_dropout(const float* x, int ld_x, float* y, int ld_y, int64_t rows, int c, float p, uint64_t key, int accumulate) {
    return nt::guarded("nt_dropout", [&] {
        if (!(p >= 0 && p < 1)) throw std::invalid_argument("the probability must be at least 0 and below 1");
        nt::parallel_for(rows, [&](int64_t row) {
            const float* from = x + row * ld_x;
            float* to = y + row * ld_y;
            for (int k = 0; k < c; k++) {
                const float value = from[k] * nt::dropout_factor(key, static_cast<uint64_t>(row) * c + k, p);
                to[k] = accumulate ? to[k] + value : value;
            }
        });
    });
}
