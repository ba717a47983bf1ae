// The optimizers, the gradients' norm and the moving average of the weights, over many tensors at once.
#include "adam.h"
#include "nadam.h"
#include "radam.h"
#include "rmsprop.h"
#include "sgd.h"
#include "chunks.h"
#include "nativetrain.h"
#include "parallel.h"
#include "status.h"

#include <cmath>
#include <numeric>
#include <stdexcept>
#include <vector>

namespace {

// The tensors of a step: values, gradients (times grad_scale) and the optimizer's state.
struct Tensors {
    float grad_scale;
    const std::vector<nt::Chunk> chunks;
    float* const* value;
    const float* const* grad;
    float* const* state1;
    float* const* state2;

    // update(g, p, s…) for every element of every tensor, with an s from each of `state`.
    template <class Update, class... State>
    void each(Update update, State... state) const {
        nt::parallel_for(chunks.size(), [&](int64_t i) {
            const nt::Chunk c = chunks[i];
            const auto run = [&](const float* g, float* p, auto... s) {
#pragma omp simd
                for (int64_t j = c.begin; j < c.end; j++) update(grad_scale * g[j], p[j], s[j]...);
            };
            run(grad[c.tensor], value[c.tensor], state[c.tensor]...);
        });
    }
};

void step(const nt::Sgd& rule, const Tensors& tensors) {
    const nt::Sgd s = rule;
    if (s.momentum == 0)
        tensors.each([s](float g, float& p) { nt::sgd_plain(s, g, p); });
    else
        tensors.each([s](float g, float& p, float& buffer) { nt::sgd(s, g, p, buffer); }, tensors.state1);
}

void step(const nt::Adam& rule, const Tensors& tensors) {
    tensors.each([s = rule](float g, float& p, float& m, float& v) { nt::adam(s, g, p, m, v); }, tensors.state1, tensors.state2);
}

void step(const nt::NAdam& rule, const Tensors& tensors) {
    tensors.each([s = rule](float g, float& p, float& m, float& v) { nt::nadam(s, g, p, m, v); }, tensors.state1, tensors.state2);
}

void step(const nt::RAdam& rule, const Tensors& tensors) {
    tensors.each([s = rule](float g, float& p, float& m, float& v) { nt::radam(s, g, p, m, v); }, tensors.state1, tensors.state2);
}

void step(const nt::RmsProp& rule, const Tensors& tensors) {
    const nt::RmsProp s = rule;
    if (s.momentum == 0)
        tensors.each([s](float g, float& p, float& square) { nt::rmsprop_plain(s, g, p, square); }, tensors.state1);
    else
        tensors.each([s](float g, float& p, float& square, float& buffer) { nt::rmsprop(s, g, p, square, buffer); }, tensors.state1, tensors.state2);
}

}  // namespace

int nt_zero_all(int count, float* const* tensor, const int64_t* n) {
    return nt::guarded("nt_zero_all", [&] {
        const auto chunks = nt::chunks_of(count, n);
        nt::parallel_for(chunks.size(), [&](int64_t i) {
            const auto [t, begin, end] = chunks[i];
            std::fill(tensor[t] + begin, tensor[t] + end, 0.f);
        });
    });
}

int nt_grad_norm(int count, const float* const* grad, const int64_t* n, double* norm) {
    return nt::guarded("nt_grad_norm", [&] {
        const auto chunks = nt::chunks_of(count, n);
        std::vector<double> partial(chunks.size());
        nt::parallel_for(chunks.size(), [&](int64_t i) {
            const auto [t, begin, end] = chunks[i];
            const float* g = grad[t];
            double sum = 0;
#pragma omp simd reduction(+ : sum)
            for (int64_t j = begin; j < end; j++) sum += static_cast<double>(g[j]) * g[j];
            partial[i] = sum;
        });
        *norm = std::sqrt(std::accumulate(partial.begin(), partial.end(), 0.0));
    });
}

int nt_optimizer_step(int kind, const void* rule, float grad_scale, int count, float* const* value, const float* const* grad, float* const* state1, float* const* state2, const int64_t* n) {
    return nt::guarded("nt_optimizer_step", [&] {
        const Tensors tensors{grad_scale, nt::chunks_of(count, n), value, grad, state1, state2};
        switch (kind) {
            case 0: return step(*static_cast<const nt::Sgd*>(rule), tensors);
            case 1:
            case 2: return step(*static_cast<const nt::Adam*>(rule), tensors);
            case 3: return step(*static_cast<const nt::NAdam*>(rule), tensors);
            case 4: return step(*static_cast<const nt::RAdam*>(rule), tensors);
            case 5: return step(*static_cast<const nt::RmsProp*>(rule), tensors);
            default: throw std::invalid_argument("unknown optimizer kind " + std::to_string(kind));
        }
    });
}

int nt_ema_update(int count, float* const* average, const float* const* value, const int64_t* n, float decay) {
    return nt::guarded("nt_ema_update", [&] {
        const auto chunks = nt::chunks_of(count, n);
        const float rest = 1 - decay;
        nt::parallel_for(chunks.size(), [&](int64_t i) {
            const auto [t, begin, end] = chunks[i];
            float* to = average[t];
            const float* from = value[t];
            // In this form an average of a value that does not change (a frozen weight) does not change either, to the last bit.
#pragma omp simd
            for (int64_t j = begin; j < end; j++) to[j] += rest * (from[j] - to[j]);
        });
    });
}
