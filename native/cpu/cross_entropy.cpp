// The mean cross-entropy of rows of logits with one true class each. A row is one task; the rows' terms are added in
// their order, in double.
#include "cross_entropy.h"
#include "nativetrain.h"
#include "parallel.h"
#include "status.h"

#include <stdexcept>
#include <string>
#include <vector>

namespace {
void require_classes(const int32_t* target, int64_t rows, int c) {
    if (rows < 1) throw std::invalid_argument("there are no rows");
    for (int64_t r = 0; r < rows; r++)
        if (target[r] < 0 || target[r] >= c)
            throw std::invalid_argument("row " + std::to_string(r) + " has class " + std::to_string(target[r]) + " of " + std::to_string(c));
}
}  // namespace

int nt_cross_entropy_forward(const float* x, int ld_x, const int32_t* target, int64_t rows, int c, float* loss) {
    return nt::guarded("nt_cross_entropy_forward", [&] {
        require_classes(target, rows, c);
        std::vector<double> terms(rows);
        nt::parallel_for(rows, [&](int64_t r) { terms[r] = nt::cross_entropy(x + r * ld_x, c, target[r]); });
        double sum = 0;
        for (const double term : terms) sum += term;
        loss[0] = static_cast<float>(sum / static_cast<double>(rows));
    });
}

int nt_cross_entropy_backward(const float* x, int ld_x, const int32_t* target, const float* dloss, float* dx, int ld_dx, int64_t rows, int c, int accumulate) {
    return nt::guarded("nt_cross_entropy_backward", [&] {
        require_classes(target, rows, c);
        const float scale = dloss[0] / static_cast<float>(rows);
        nt::parallel_for(rows, [&](int64_t r) {
            float* to = dx + r * ld_dx;
            if (!accumulate) std::fill_n(to, c, 0.f);
            nt::cross_entropy_backward(x + r * ld_x, c, target[r], scale, to);
        });
    });
}
