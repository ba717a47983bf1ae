// Batch norm (Ioffe & Szegedy 2015, arXiv:1502.03167), first half: mean and variance of every channel.
//
// One pass over x. A chunk of pixels sums d = x - k and d² in float, with k the mean of the chunk's first few
// pixels: d is then of the size of the standard deviation however large the mean is, and Σd² - (Σd)²/n loses
// no digits. The chunks' means and sums of squares are combined in double, in order (Chan, Golub & LeVeque 1979).
#include "batch_norm.h"
#include "nativetrain.h"
#include "parallel.h"
#include "status.h"
#include "workspace.h"

#include <cmath>
#include <stdexcept>
#include <vector>

namespace {

constexpr int64_t shift_rows = 8;

// Mean and Σ(x - mean)² of the channels over pixels [0, rows) of x. `work` holds 3 lines.
void chunk_moments(const nt::BatchNormLayout& layout, const float* x, int64_t rows, float* work, float* mean, float* m2) {
    const int c = layout.c;
    const int64_t lanes = layout.lanes(), count = rows * c;
    float *shift = work, *sum = work + lanes, *squares = work + 2 * lanes;

    std::fill_n(shift, c, 0.f);
    const int64_t first = std::min(rows, shift_rows);
    for (int64_t r = 0; r < first; r++)
        for (int i = 0; i < c; i++) shift[i] += x[r * c + i] / static_cast<float>(first);
    for (int64_t i = c; i < lanes; i++) shift[i] = shift[i - c];

    std::fill_n(sum, 2 * lanes, 0.f);
    int64_t at = 0;  // four lines at a time, so that the sums are loaded and stored less often
    for (; at + 4 * lanes <= count; at += 4 * lanes) {
        const float* line = x + at;
#pragma omp simd
        for (int64_t i = 0; i < lanes; i++) {
            const float d0 = line[i] - shift[i], d1 = line[lanes + i] - shift[i];
            const float d2 = line[2 * lanes + i] - shift[i], d3 = line[3 * lanes + i] - shift[i];
            sum[i] += (d0 + d1) + (d2 + d3);
            squares[i] += (d0 * d0 + d1 * d1) + (d2 * d2 + d3 * d3);
        }
    }
    for (; at < count; at += lanes) {
        const float* line = x + at;
        const int64_t width = std::min(lanes, count - at);
#pragma omp simd
        for (int64_t i = 0; i < width; i++) {
            const float d = line[i] - shift[i];
            sum[i] += d;
            squares[i] += d * d;
        }
    }

    for (int64_t i = c; i < lanes; i++) {
        sum[i % c] += sum[i];
        squares[i % c] += squares[i];
    }
    const float n = static_cast<float>(rows);
    for (int i = 0; i < c; i++) {
        mean[i] = shift[i] + sum[i] / n;
        m2[i] = std::max(0.f, squares[i] - sum[i] * sum[i] / n);
    }
}

}  // namespace

int nt_batch_norm_statistics(int type, const void* x, int64_t rows, int c, float eps, float momentum, float* mean, float* invstd, float* running_mean, float* running_var) {
    return nt::guarded("nt_batch_norm_statistics", [&] {
        if (rows < 1 || c < 1) throw std::invalid_argument("an empty map has no statistics");
        const nt::Source source(type, x);
        const nt::BatchNormLayout layout(rows, c);
        const int64_t chunks = layout.chunks();
        std::vector<float> chunk_mean(chunks * c), chunk_m2(chunks * c);
        std::vector<float> work(omp_get_max_threads() * 3 * layout.lanes());
        nt::parallel_for(chunks, [&](int64_t i) {
            const int64_t first = layout.begin(i), pixels = layout.end(i) - first;
            thread_local nt::Workspace converted;
            const float* numbers = source.read(first * c, pixels * c, converted.floats(source.is_float() ? 0 : pixels * c));
            chunk_moments(layout, numbers, pixels, &work[omp_get_thread_num() * 3 * layout.lanes()], &chunk_mean[i * c], &chunk_m2[i * c]);
        });

        std::vector<double> average(c), m2(c);
        for (int64_t i = 0; i < chunks; i++) {
            const double share = static_cast<double>(layout.end(i) - layout.begin(i)) / static_cast<double>(rows);
            for (int k = 0; k < c; k++) average[k] += share * chunk_mean[i * c + k];
        }
        for (int64_t i = 0; i < chunks; i++) {
            const double n = static_cast<double>(layout.end(i) - layout.begin(i));
            for (int k = 0; k < c; k++) {
                const double off = chunk_mean[i * c + k] - average[k];
                m2[k] += chunk_m2[i * c + k] + off * off * n;
            }
        }
        for (int k = 0; k < c; k++) {
            const double variance = m2[k] / rows, unbiased = m2[k] / std::max<int64_t>(1, rows - 1);
            mean[k] = static_cast<float>(average[k]);
            invstd[k] = static_cast<float>(1 / std::sqrt(variance + eps));
            running_mean[k] = static_cast<float>((1 - momentum) * running_mean[k] + momentum * average[k]);
            running_var[k] = static_cast<float>((1 - momentum) * running_var[k] + momentum * unbiased);
        }
    });
}

int nt_batch_norm_invstd(const float* var, int c, float eps, float* invstd) {
    return nt::guarded("nt_batch_norm_invstd", [&] {
        for (int k = 0; k < c; k++) invstd[k] = 1.f / std::sqrt(var[k] + eps);
    });
}
