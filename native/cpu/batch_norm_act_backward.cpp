// The gradient of batch_norm_act.cpp. With u = scale·(x - mean) + beta, scale = gamma·invstd, and g = dy·act'(u):
//   dbeta = Σg, dgamma = Σg·(x - mean)·invstd,
//   dx = scale·(g - Σg/rows - (x - mean)·invstd²·Σg·(x - mean)/rows) = scale·g + at_mean + slope·(x - mean).
// Two passes: the sums, then dx. Of float maps the first pass leaves g in dx; of 16-bit maps, where g would lose digits
// that the second pass subtracts, the second one computes it again. dx may be dy: the passes then fetch and write one map less.
#include "batch_norm_gradient.h"
#include "nativetrain.h"
#include "parallel.h"
#include "status.h"

namespace {

using nt::Type;

template <Type type>
struct Backward {
    typedef nt::Element<type> T;
    static constexpr bool keeps_g = type == Type::f32;

    const nt::BatchNormLayout& layout;
    const nt::BatchNormTables& tables;
    nt::Walk<const T> x;
    nt::BatchNormGradient<type> gradient;
    nt::Walk<T> dx;
    bool silu;

    // First pass, of a chunk: adds Σg and Σg·(x - mean) to a line of numbers each.
    template <class Act>
    void add_sums(int64_t chunk, float* sums, float* products) const {
        gradient.blocks(layout, chunk, [&](const nt::Block& b, auto dy) {
            const T* from = x.at(b);
            T* to = dx.at(b);
            const int64_t ld = x.step(b);
            nt::each_part<type>(b.width, [&](int64_t i, auto part) {
                const int64_t k = b.channel + i;
                const auto mean = tables.mean.at(k, part), scale = tables.scale.at(k, part), beta = tables.beta.at(k, part);
                auto sum = nt::load_beside(sums + k, part), product = nt::load_beside(products + k, part);
                for (int64_t r = 0; r < b.height; r++) {
                    nt::prefetch(from + (b.height + r) * ld + i);
                    const auto d = nt::load_part<type>(from + r * ld + i, part) - mean;
                    const auto g = dy.at(r, i, b.height, part) * nt::each(d * scale + beta, Act::template derivative<type>);
                    if constexpr (keeps_g) nt::store_part<type>(to + r * ld + i, g, part);
                    sum += g;
                    product += g * d;
                }
                nt::store_beside(sums + k, sum, part);
                nt::store_beside(products + k, product, part);
            });
        });
    }

    template <class Act>
    void add_all(std::vector<double>& sum_g, std::vector<double>& sum_gd) const {
        const int64_t c = layout.c, line = layout.line(), chunks = layout.chunks();
        std::vector<float> partial(chunks * 2 * line);
        nt::parallel_for(chunks, [&](int64_t i) { add_sums<Act>(i, &partial[i * 2 * line], &partial[i * 2 * line + line]); });
        for (int64_t first = 0; first < chunks * 2 * line; first += c) {  // the pixels of a line of Σg, then those of Σg·(x - mean)
            std::vector<double>& sum = first / line % 2 == 0 ? sum_g : sum_gd;
            for (int64_t k = 0; k < c; k++) sum[k] += partial[first + k];
        }
    }

    // Second pass, of a chunk: dx from g, which lies in dx or is computed again.
    template <class Act>
    void finish(int64_t chunk, const nt::Table& at_mean, const nt::Table& slope) const {
        const auto block = [&](const nt::Block& b, const auto& dy) {
            const T* from = x.at(b);
            T* to = dx.at(b);
            const int64_t ld = x.step(b);
            nt::each_part<type>(b.width, [&](int64_t i, auto part) {
                const int64_t k = b.channel + i;
                const auto mean = tables.mean.at(k, part), scale = tables.scale.at(k, part), beta = tables.beta.at(k, part);
                const auto offset = at_mean.at(k, part), factor = slope.at(k, part);
                for (int64_t r = 0; r < b.height; r++) {
                    nt::prefetch(from + (b.height + r) * ld + i);
                    if constexpr (keeps_g) nt::prefetch(to + (b.height + r) * ld + i);
                    const auto d = nt::load_part<type>(from + r * ld + i, part) - mean;
                    nt::Lanes<decltype(part)> g;
                    if constexpr (keeps_g) g = nt::load_part<type>(to + r * ld + i, part);
                    else g = dy.at(r, i, b.height, part) * nt::each(d * scale + beta, Act::template derivative<type>);
                    nt::store_part<type>(to + r * ld + i, g * scale + (d * factor + offset), part);
                }
            });
        };
        if constexpr (keeps_g) layout.blocks(chunk, /*dense=*/true, [&](const nt::Block& b) { block(b, nullptr); });
        else gradient.blocks(layout, chunk, block);
    }

    // The sums over all chunks, to sums; dgamma and dbeta are added to.
    __attribute__((noinline)) void first(const float* invstd, float* dgamma, float* dbeta, std::vector<double>& sum_g, std::vector<double>& sum_gd) const {
        silu ? add_all<nt::Silu>(sum_g, sum_gd) : add_all<nt::Identity>(sum_g, sum_gd);
        for (int k = 0; k < layout.c; k++) {
            dbeta[k] += static_cast<float>(sum_g[k]);
            dgamma[k] += static_cast<float>(sum_gd[k] * invstd[k]);
        }
    }

    // dx, from the sums over n pixels.
    template <class Sums>
    __attribute__((noinline)) void second(const float* invstd, const Sums& sum_g, const Sums& sum_gd, double n) const {
        const auto& scale = tables.scale;
        const nt::Table at_mean(layout, [&](int k) { return static_cast<float>(-scale[k] * sum_g[k] / n); });
        const nt::Table slope(layout, [&](int k) { return static_cast<float>(-scale[k] * sum_gd[k] * invstd[k] * invstd[k] / n); });
        nt::parallel_for(layout.chunks(), [&](int64_t i) { silu ? finish<nt::Silu>(i, at_mean, slope) : finish<nt::Identity>(i, at_mean, slope); }, nt::Order::backward);
    }
};

// Calls body(the maps as their type has them).
template <class Body>
void with_maps(int type, const void* x, int64_t rows, int c, const float* mean, const float* invstd, const float* gamma, const float* beta, int act,
               const void* dy, int ld_dy, const void* dy2, int dy2_begin, int dy2_count, void* dx, Body&& body) {
    const nt::BatchNormLayout layout(rows, c);
    const nt::BatchNormTables tables(layout, mean, invstd, gamma, beta);
    nt::with_type(nt::type_of(type), [&](auto t) {
        typedef nt::Element<t> T;
        const nt::BatchNormGradient<t> gradient{{static_cast<const T*>(dy), dy ? ld_dy : c}, {static_cast<const T*>(dy2), dy2_count}, dy2_begin};
        body(Backward<t>{layout, tables, {static_cast<const T*>(x), c}, gradient, {static_cast<T*>(dx), c}, act != 0});
    });
}

}  // namespace

int nt_batch_norm_act_backward(int type, const void* x, int64_t rows, int c, const float* mean, const float* invstd, const float* gamma, const float* beta, int act,
                               const void* dy, int ld_dy, const void* dy2, int dy2_begin, int dy2_count, void* dx, float* dgamma, float* dbeta) {
    return nt::guarded("nt_batch_norm_act_backward", [&] {
        with_maps(type, x, rows, c, mean, invstd, gamma, beta, act, dy, ld_dy, dy2, dy2_begin, dy2_count, dx, [&](const auto& b) {
            std::vector<double> sum_g(c), sum_gd(c);
            b.first(invstd, dgamma, dbeta, sum_g, sum_gd);
            b.second(invstd, sum_g, sum_gd, static_cast<double>(rows));
        });
    });
}

int nt_batch_norm_act_backward_sums(int type, const void* x, int64_t rows, int c, const float* mean, const float* invstd, const float* gamma, const float* beta, int act,
                                    const void* dy, int ld_dy, const void* dy2, int dy2_begin, int dy2_count, void* dx, float* dgamma, float* dbeta, float* sums) {
    return nt::guarded("nt_batch_norm_act_backward_sums", [&] {
        with_maps(type, x, rows, c, mean, invstd, gamma, beta, act, dy, ld_dy, dy2, dy2_begin, dy2_count, dx, [&](const auto& b) {
            std::vector<double> sum_g(c), sum_gd(c);
            b.first(invstd, dgamma, dbeta, sum_g, sum_gd);
            for (int k = 0; k < c; k++) {
                sums[k] = static_cast<float>(sum_g[k]);
                sums[c + k] = static_cast<float>(sum_gd[k]);
            }
        });
    });
}

int nt_batch_norm_act_backward_data(int type, const void* x, int64_t rows, int c, const float* mean, const float* invstd, const float* gamma, const float* beta, int act,
                                    const void* dy, int ld_dy, const void* dy2, int dy2_begin, int dy2_count, const float* sums, int64_t all_rows, void* dx) {
    return nt::guarded("nt_batch_norm_act_backward_data", [&] {
        with_maps(type, x, rows, c, mean, invstd, gamma, beta, act, dy, ld_dy, dy2, dy2_begin, dy2_count, dx, [&](const auto& b) {
            const float *sum_g = sums, *sum_gd = sums + c;
            b.second(invstd, sum_g, sum_gd, static_cast<double>(all_rows));
        });
    });
}
