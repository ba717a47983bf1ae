// Batch norm, second half: y = act(gamma·(x - mean)·invstd + beta) [+ residual], and the gradient.
//
// The normalised map and the activation's input are never stored: the backward pass computes them again
// from x, which costs less than the memory traffic.
#include "batch_norm.h"
#include "nativetrain.h"
#include "parallel.h"
#include "silu.h"
#include "status.h"

#include <vector>

namespace {

struct Identity {
    static float value(float z) { return z; }
    static float derivative(float) { return 1.f; }
};

struct Silu {
    static float value(float z) { return nt::silu(z); }
    static float derivative(float z) { return nt::silu_derivative(z); }
};

// Per-channel values f(channel), repeated to a line's width.
template <class Value>
std::vector<float> table(const nt::BatchNormLayout& layout, Value&& f) {
    std::vector<float> t(layout.lanes());
    for (int64_t i = 0; i < layout.lanes(); i++) t[i] = f(static_cast<int>(i % layout.c));
    return t;
}

struct Forward {
    const float* x;
    const float* residual;  // may be null
    int64_t ld_residual;
    float* y;
    int64_t ld_y;
    float* y2;  // may be null
    int64_t y2_begin, y2_count;
    const float *mean, *scale, *beta;  // tables

    // One line: pixels from `row` on that are contiguous in every operand; `width` floats.
    template <class Act>
    void line(int64_t row, int64_t c, int64_t width) const {
        const float* from = x + row * c;
        float* to = y + row * ld_y;
        if (residual) {
            const float* add = residual + row * ld_residual;
#pragma omp simd
            for (int64_t i = 0; i < width; i++) to[i] = Act::value((from[i] - mean[i]) * scale[i] + beta[i]) + add[i];
        } else {
#pragma omp simd
            for (int64_t i = 0; i < width; i++) to[i] = Act::value((from[i] - mean[i]) * scale[i] + beta[i]);
        }
        if (y2) std::copy_n(to + y2_begin, y2_count, y2 + row * y2_count);
    }
};

template <class Act>
void forward(const nt::BatchNormLayout& layout, const Forward& f) {
    const int64_t c = layout.c;
    const bool dense = f.ld_y == c && (!f.residual || f.ld_residual == c) && !f.y2;
    const int64_t step = dense ? layout.line_rows : 1;
    nt::parallel_for(
        layout.chunks(),
        [&](int64_t chunk) {
            const int64_t end = layout.end(chunk);
            for (int64_t row = layout.begin(chunk); row < end; row += step) f.line<Act>(row, c, std::min(step, end - row) * c);
        },
        nt::Order::backward);
}

// dL/dy of some pixels as dense rows: dy itself where that is dense and all there is, otherwise dy (or zero)
// plus dy2 in its channels, put together in `buffer`.
struct Gradient {
    const float* dy;  // may be null
    int64_t ld_dy;
    const float* dy2;  // may be null
    int64_t dy2_begin, dy2_count;

    const float* rows(int64_t begin, int64_t count, int64_t c, float* buffer) const {
        if (dy && ld_dy == c && !dy2) return dy + begin * c;
        for (int64_t r = 0; r < count; r++) {
            float* to = buffer + r * c;
            if (dy)
                std::copy_n(dy + (begin + r) * ld_dy, c, to);
            else
                std::fill_n(to, c, 0.f);
            if (!dy2) continue;
            const float* add = dy2 + (begin + r) * dy2_count;
#pragma omp simd
            for (int64_t i = 0; i < dy2_count; i++) to[dy2_begin + i] += add[i];
        }
        return buffer;
    }
};

struct Backward {
    const float* x;
    Gradient gradient;
    const float *mean, *scale, *beta;  // tables; scale = gamma·invstd
    float* dx;
};

// Lines whose gradient is put together at a time: few enough to stay in the first-level cache.
constexpr int64_t block_lines = 16;

// First pass. With z = scale·(x - mean) + beta, leaves g = dy·act'(z) in dx and Σg and Σg·(x - mean) per channel.
template <class Act>
void backward_sums(const nt::BatchNormLayout& layout, const Backward& b, std::vector<double>& sum_g, std::vector<double>& sum_gd) {
    const int64_t c = layout.c, lanes = layout.lanes(), chunks = layout.chunks(), step = block_lines * layout.line_rows;
    std::vector<float> partial(chunks * 2 * lanes), buffers(omp_get_max_threads() * block_lines * lanes);
    nt::parallel_for(chunks, [&](int64_t chunk) {
        float *sum = &partial[chunk * 2 * lanes], *product = sum + lanes;
        float* buffer = &buffers[omp_get_thread_num() * block_lines * lanes];
        const int64_t end = layout.end(chunk);
        for (int64_t row = layout.begin(chunk); row < end; row += step) {
            const int64_t pixels = std::min(step, end - row);
            const float* dy = b.gradient.rows(row, pixels, c, buffer);
            for (int64_t at = 0; at < pixels * c; at += lanes) {
                const float *x_line = b.x + row * c + at, *dy_line = dy + at;
                float* to = b.dx + row * c + at;
                const int64_t width = std::min(lanes, pixels * c - at);
#pragma omp simd
                for (int64_t i = 0; i < width; i++) {
                    const float d = x_line[i] - b.mean[i];
                    const float g = dy_line[i] * Act::derivative(d * b.scale[i] + b.beta[i]);
                    to[i] = g;
                    sum[i] += g;
                    product[i] += g * d;
                }
            }
        }
    });
    for (int64_t line = 0; line < chunks * layout.line_rows; line++) {  // line_rows pixels' sums per chunk
        const float* sum = &partial[line / layout.line_rows * 2 * lanes + line % layout.line_rows * c];
        const float* product = sum + lanes;
        for (int64_t k = 0; k < c; k++) sum_g[k] += sum[k];
        for (int64_t k = 0; k < c; k++) sum_gd[k] += product[k];
    }
}

// Second pass: dx = scale·(g - Σg/rows - (x - mean)·invstd²·Σg·(x - mean)/rows) = scale·g + at_mean + slope·(x - mean).
void backward_dx(const nt::BatchNormLayout& layout, const Backward& b, const float* at_mean, const float* slope) {
    const int64_t c = layout.c, lanes = layout.lanes();
    nt::parallel_for(
        layout.chunks(),
        [&](int64_t chunk) {
            for (int64_t at = layout.begin(chunk) * c, end = layout.end(chunk) * c; at < end; at += lanes) {
                const float* x = b.x + at;
                float* g = b.dx + at;
                const int64_t width = std::min(lanes, end - at);
#pragma omp simd
                for (int64_t i = 0; i < width; i++) g[i] = g[i] * b.scale[i] + ((x[i] - b.mean[i]) * slope[i] + at_mean[i]);
            }
        },
        nt::Order::backward);
}

}  // namespace

int nt_batch_norm_act_forward(const float* x, int64_t rows, int c, const float* mean, const float* invstd, const float* gamma, const float* beta, int act,
                              const float* residual, int ld_residual, float* y, int ld_y, float* y2, int y2_begin, int y2_count) {
    return nt::guarded("nt_batch_norm_act_forward", [&] {
        const nt::BatchNormLayout layout(rows, c);
        const auto mean_table = table(layout, [&](int k) { return mean[k]; });
        const auto scale_table = table(layout, [&](int k) { return gamma[k] * invstd[k]; });
        const auto beta_table = table(layout, [&](int k) { return beta[k]; });
        const Forward f{x, residual, ld_residual, y, ld_y, y2, y2_begin, y2_count, mean_table.data(), scale_table.data(), beta_table.data()};
        if (act)
            forward<Silu>(layout, f);
        else
            forward<Identity>(layout, f);
    });
}

int nt_batch_norm_act_backward(const float* x, int64_t rows, int c, const float* mean, const float* invstd, const float* gamma, const float* beta, int act,
                               const float* dy, int ld_dy, const float* dy2, int dy2_begin, int dy2_count, float* dx, float* dgamma, float* dbeta) {
    return nt::guarded("nt_batch_norm_act_backward", [&] {
        const nt::BatchNormLayout layout(rows, c);
        const auto mean_table = table(layout, [&](int k) { return mean[k]; });
        const auto scale_table = table(layout, [&](int k) { return gamma[k] * invstd[k]; });
        const auto beta_table = table(layout, [&](int k) { return beta[k]; });
        const Backward b{x, {dy, ld_dy, dy2, dy2_begin, dy2_count}, mean_table.data(), scale_table.data(), beta_table.data(), dx};

        std::vector<double> sum_g(c), sum_gd(c);
        if (act)
            backward_sums<Silu>(layout, b, sum_g, sum_gd);
        else
            backward_sums<Identity>(layout, b, sum_g, sum_gd);
        for (int k = 0; k < c; k++) {
            dbeta[k] += static_cast<float>(sum_g[k]);
            dgamma[k] += static_cast<float>(sum_gd[k] * invstd[k]);
        }

        const double n = static_cast<double>(rows);
        const auto at_mean = table(layout, [&](int k) { return static_cast<float>(-scale_table[k] * sum_g[k] / n); });
        const auto slope = table(layout, [&](int k) { return static_cast<float>(-scale_table[k] * sum_gd[k] * invstd[k] * invstd[k] / n); });
        backward_dx(layout, b, at_mean.data(), slope.data());
    });
}
