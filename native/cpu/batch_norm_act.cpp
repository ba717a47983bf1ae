// Batch norm, second half: y = act(gamma·(x - mean)·invstd + beta) [+ residual]. The normalised map and the activation's
// input are never stored: the backward pass (batch_norm_act_backward.cpp) computes them again from x.
#include "batch_norm.h"
#include "nativetrain.h"
#include "parallel.h"
#include "status.h"

namespace {

using nt::Type;

template <Type type>
struct Forward {
    typedef nt::Element<type> T;

    const nt::BatchNormLayout& layout;
    const nt::BatchNormTables& tables;
    nt::Walk<const T> x, residual;  // residual may be missing
    nt::Walk<T> y, y2;              // y2 may be missing
    int64_t y2_begin;

    template <class Act, bool add, bool copy>
    void block(const nt::Block& b) const {
        const T *from = x.at(b), *more = add ? residual.at(b) : nullptr;
        T *to = y.at(b), *second = copy ? y2.at(b) - y2_begin : nullptr;
        const int64_t ld_x = x.step(b), ld_residual = residual.step(b), ld_y = y.step(b), ld_y2 = y2.step(b);
        nt::each_part<type>(b.width, [&](int64_t i, auto part) {
            const int64_t k = b.channel + i;
            const auto mean = tables.mean.at(k, part), scale = tables.scale.at(k, part), beta = tables.beta.at(k, part);
            for (int64_t r = 0; r < b.height; r++) {
                nt::prefetch(from + (b.height + r) * ld_x + i);
                auto v = nt::each((nt::load_part<type>(from + r * ld_x + i, part) - mean) * scale + beta, Act::template value<type>);
                if constexpr (add) v += nt::load_part<type>(more + r * ld_residual + i, part);
                nt::store_part<type>(to + r * ld_y + i, v, part);
                if constexpr (copy) nt::store_part<type>(second + r * ld_y2 + i, v, part);
            }
        });
    }

    template <class Act, bool add>
    void chunk(int64_t chunk) const {
        const bool dense = y.ld == layout.c && (!add || residual.ld == layout.c) && !y2.p;
        const int64_t behind = y2_begin + y2.ld;
        layout.blocks(chunk, dense, [&](const nt::Block& b) {
            if (!y2.p) return block<Act, add, false>(b);
            if (y2_begin > 0) block<Act, add, false>(nt::channels(b, 0, y2_begin));
            block<Act, add, true>(nt::channels(b, y2_begin, y2.ld));
            if (behind < layout.c) block<Act, add, false>(nt::channels(b, behind, layout.c - behind));
        });
    }

    template <class Act>
    void run() const {
        nt::parallel_for(layout.chunks(), [&](int64_t i) { residual.p ? chunk<Act, true>(i) : chunk<Act, false>(i); }, nt::Order::backward);
    }
};

}  // namespace

int nt_batch_norm_act_forward(int type, const void* x, int64_t rows, int c, const float* mean, const float* invstd, const float* gamma, const float* beta, int act,
                              const void* residual, int ld_residual, void* y, int ld_y, void* y2, int y2_begin, int y2_count) {
    return nt::guarded("nt_batch_norm_act_forward", [&] {
        const nt::BatchNormLayout layout(rows, c);
        const nt::BatchNormTables tables(layout, mean, invstd, gamma, beta);
        nt::with_type(nt::type_of(type), [&](auto t) {
            typedef nt::Element<t> T;
            const Forward<t> f{layout, tables, {static_cast<const T*>(x), c}, {static_cast<const T*>(residual), ld_residual}, {static_cast<T*>(y), ld_y}, {static_cast<T*>(y2), y2_count}, y2_begin};
            if (act)
                f.template run<nt::Silu>();
            else
                f.template run<nt::Identity>();
        });
    });
}
