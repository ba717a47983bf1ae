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

// Lines that are put together at a time where operands must be gathered or converted: few enough to stay in the
// first-level cache.
constexpr int64_t block_lines = 16;

struct Forward {
    nt::Source x, residual;  // residual may be missing
    int64_t ld_residual;
    nt::Target y;
    int64_t ld_y;
    nt::Target y2;  // may be missing
    int64_t y2_begin, y2_count;
    const float *mean, *scale, *beta;  // tables

    // Pixels of a step: of float maps a line, or a pixel where they are slices; of others, a block to be converted.
    int64_t step(const nt::BatchNormLayout& layout) const {
        if (!x.is_float()) return block_lines * layout.line_rows;
        const bool dense = ld_y == layout.c && (!residual || ld_residual == layout.c) && !y2;
        return dense ? layout.line_rows : 1;
    }

    // `buffer` holds three blocks.
    template <class Act>
    void pixels(const nt::BatchNormLayout& layout, int64_t row, int64_t count, float* buffer) const {
        const int64_t c = layout.c, lanes = layout.lanes(), block = block_lines * lanes;
        const float* from = x.rows(row, count, c, c, buffer);
        const float* add = residual ? residual.rows(row, count, c, ld_residual, buffer + block) : nullptr;
        float* to = y.open_rows(row, count, c, ld_y, buffer + 2 * block);
        for (int64_t at = 0; at < count * c; at += lanes) line<Act>(from + at, add ? add + at : nullptr, to + at, std::min(lanes, count * c - at));
        y.close_rows(row, count, c, ld_y, to);
        if (!y2) return;
        for (int64_t r = 0; r < count; r++) y2.write((row + r) * y2_count, y2_count, to + r * c + y2_begin);
    }

    template <class Act>
    void line(const float* from, const float* add, float* to, int64_t width) const {
        if (add) {
#pragma omp simd
            for (int64_t i = 0; i < width; i++) to[i] = Act::value((from[i] - mean[i]) * scale[i] + beta[i]) + add[i];
        } else {
#pragma omp simd
            for (int64_t i = 0; i < width; i++) to[i] = Act::value((from[i] - mean[i]) * scale[i] + beta[i]);
        }
    }
};

template <class Act>
void forward(const nt::BatchNormLayout& layout, const Forward& f) {
    const int64_t step = f.step(layout), buffer_size = 3 * block_lines * layout.lanes();
    std::vector<float> buffers(f.x.is_float() ? 0 : omp_get_max_threads() * buffer_size);
    nt::parallel_for(
        layout.chunks(),
        [&](int64_t chunk) {
            float* buffer = buffers.empty() ? nullptr : &buffers[omp_get_thread_num() * buffer_size];
            const int64_t end = layout.end(chunk);
            for (int64_t row = layout.begin(chunk); row < end; row += step) f.pixels<Act>(layout, row, std::min(step, end - row), buffer);
        },
        nt::Order::backward);
}

// dL/dy of some pixels as dense rows of floats: dy itself where that is dense float and all there is, otherwise dy
// (or zero) plus dy2 in its channels, put together in `buffer`.
struct Gradient {
    nt::Source dy;  // may be missing
    int64_t ld_dy;
    nt::Source dy2;  // may be missing
    int64_t dy2_begin, dy2_count;

    // `buffer` holds the rows and one more.
    const float* rows(int64_t begin, int64_t count, int64_t c, float* buffer) const {
        if (dy && !dy2) return dy.rows(begin, count, c, ld_dy, buffer);
        for (int64_t r = 0; r < count; r++) {
            float* to = buffer + r * c;
            if (dy)
                nt::widen(dy.type, dy.from((begin + r) * ld_dy).p, c, to);
            else
                std::fill_n(to, c, 0.f);
            const float* add = dy2.read((begin + r) * dy2_count, dy2_count, buffer + count * c);
#pragma omp simd
            for (int64_t i = 0; i < dy2_count; i++) to[dy2_begin + i] += add[i];
        }
        return buffer;
    }
};

struct Backward {
    nt::Source x;
    Gradient gradient;
    const float *mean, *scale, *beta;  // tables; scale = gamma·invstd
    nt::Target dx;
};

// Room of a thread: the gradient's rows and one more, x, dx.
struct Blocks {
    float *dy, *x, *dx;

    static int64_t size(const nt::BatchNormLayout& layout) { return (3 * block_lines + 1) * layout.lanes(); }
    Blocks(const nt::BatchNormLayout& layout, float* p) : dy(p), x(dy + (block_lines + 1) * layout.lanes()), dx(x + block_lines * layout.lanes()) {}
};

// First pass. With z = scale·(x - mean) + beta and g = dy·act'(z), sums Σg and Σg·(x - mean) per channel, and leaves g
// in dx where that is float. In a 16-bit dx it would lose digits that the second pass subtracts.
template <class Act>
void backward_sums(const nt::BatchNormLayout& layout, const Backward& b, std::vector<double>& sum_g, std::vector<double>& sum_gd) {
    const int64_t c = layout.c, lanes = layout.lanes(), chunks = layout.chunks(), step = block_lines * layout.line_rows;
    std::vector<float> partial(chunks * 2 * lanes), buffers(omp_get_max_threads() * Blocks::size(layout));
    nt::parallel_for(chunks, [&](int64_t chunk) {
        float *sum = &partial[chunk * 2 * lanes], *product = sum + lanes;
        const Blocks blocks(layout, &buffers[omp_get_thread_num() * Blocks::size(layout)]);
        const int64_t end = layout.end(chunk);
        for (int64_t row = layout.begin(chunk); row < end; row += step) {
            const int64_t pixels = std::min(step, end - row);
            const float* dy = b.gradient.rows(row, pixels, c, blocks.dy);
            const float* x = b.x.rows(row, pixels, c, c, blocks.x);
            float* dx = b.dx.open_rows(row, pixels, c, c, blocks.dx);
            for (int64_t at = 0; at < pixels * c; at += lanes) {
                const float *x_line = x + at, *dy_line = dy + at;
                float* to = dx + at;
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
                const float* x = b.x.floats() + at;
                float* g = b.dx.floats() + at;
                const int64_t width = std::min(lanes, end - at);
#pragma omp simd
                for (int64_t i = 0; i < width; i++) g[i] = g[i] * b.scale[i] + ((x[i] - b.mean[i]) * slope[i] + at_mean[i]);
            }
        },
        nt::Order::backward);
}

// The same of 16-bit maps: computes g again.
template <class Act>
void backward_dx_again(const nt::BatchNormLayout& layout, const Backward& b, const float* at_mean, const float* slope) {
    const int64_t c = layout.c, lanes = layout.lanes(), step = block_lines * layout.line_rows;
    std::vector<float> buffers(omp_get_max_threads() * Blocks::size(layout));
    nt::parallel_for(
        layout.chunks(),
        [&](int64_t chunk) {
            const Blocks blocks(layout, &buffers[omp_get_thread_num() * Blocks::size(layout)]);
            const int64_t end = layout.end(chunk);
            for (int64_t row = layout.begin(chunk); row < end; row += step) {
                const int64_t pixels = std::min(step, end - row);
                const float* dy = b.gradient.rows(row, pixels, c, blocks.dy);
                const float* x = b.x.rows(row, pixels, c, c, blocks.x);
                for (int64_t at = 0; at < pixels * c; at += lanes) {
                    const float *x_line = x + at, *dy_line = dy + at;
                    float* to = blocks.dx + at;
                    const int64_t width = std::min(lanes, pixels * c - at);
#pragma omp simd
                    for (int64_t i = 0; i < width; i++) {
                        const float d = x_line[i] - b.mean[i];
                        const float g = dy_line[i] * Act::derivative(d * b.scale[i] + b.beta[i]);
                        to[i] = g * b.scale[i] + (d * slope[i] + at_mean[i]);
                    }
                }
                b.dx.write(row * c, pixels * c, blocks.dx);
            }
        },
        nt::Order::backward);
}

}  // namespace

int nt_batch_norm_act_forward(int type, const void* x, int64_t rows, int c, const float* mean, const float* invstd, const float* gamma, const float* beta, int act,
                              const void* residual, int ld_residual, void* y, int ld_y, void* y2, int y2_begin, int y2_count) {
    return nt::guarded("nt_batch_norm_act_forward", [&] {
        const nt::BatchNormLayout layout(rows, c);
        const auto mean_table = table(layout, [&](int k) { return mean[k]; });
        const auto scale_table = table(layout, [&](int k) { return gamma[k] * invstd[k]; });
        const auto beta_table = table(layout, [&](int k) { return beta[k]; });
        const Forward f{{type, x}, {type, residual}, ld_residual, {type, y}, ld_y, {type, y2}, y2_begin, y2_count,
                        mean_table.data(), scale_table.data(), beta_table.data()};
        if (act)
            forward<Silu>(layout, f);
        else
            forward<Identity>(layout, f);
    });
}

int nt_batch_norm_act_backward(int type, const void* x, int64_t rows, int c, const float* mean, const float* invstd, const float* gamma, const float* beta, int act,
                               const void* dy, int ld_dy, const void* dy2, int dy2_begin, int dy2_count, void* dx, float* dgamma, float* dbeta) {
    return nt::guarded("nt_batch_norm_act_backward", [&] {
        const nt::BatchNormLayout layout(rows, c);
        const auto mean_table = table(layout, [&](int k) { return mean[k]; });
        const auto scale_table = table(layout, [&](int k) { return gamma[k] * invstd[k]; });
        const auto beta_table = table(layout, [&](int k) { return beta[k]; });
        const Backward b{{type, x}, {{type, dy}, ld_dy, {type, dy2}, dy2_begin, dy2_count}, mean_table.data(), scale_table.data(), beta_table.data(), {type, dx}};

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
        if (b.dx.is_float())
            backward_dx(layout, b, at_mean.data(), slope.data());
        else if (act)
            backward_dx_again<Silu>(layout, b, at_mean.data(), slope.data());
        else
            backward_dx_again<Identity>(layout, b, at_mean.data(), slope.data());
    });
}
