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

    // update(g, p) for every element of every tensor.
    template <class Update>
    void each(Update update) const {
        nt::parallel_for(chunks.size(), [&](int64_t i) {
            const auto [t, begin, end] = chunks[i];
            float* p = value[t];
            const float* g = grad[t];
#pragma omp simd
            for (int64_t j = begin; j < end; j++) update(grad_scale * g[j], p[j]);
        });
    }

    // update(g, p, s) with s from state1.
    template <class Update>
    void each_with_state1(Update update) const {
        nt::parallel_for(chunks.size(), [&](int64_t i) {
            const auto [t, begin, end] = chunks[i];
            float *p = value[t], *s = state1[t];
            const float* g = grad[t];
#pragma omp simd
            for (int64_t j = begin; j < end; j++) update(grad_scale * g[j], p[j], s[j]);
        });
    }

    // update(g, p, s, u) with s from state1 and u from state2.
    template <class Update>
    void each_with_both(Update update) const {
        nt::parallel_for(chunks.size(), [&](int64_t i) {
            const auto [t, begin, end] = chunks[i];
            float *p = value[t], *s = state1[t], *u = state2[t];
            const float* g = grad[t];
#pragma omp simd
            for (int64_t j = begin; j < end; j++) update(grad_scale * g[j], p[j], s[j], u[j]);
        });
    }
};

void step(const nt::Sgd& rule, const Tensors& tensors) {
    const nt::Sgd s = rule;
    if (s.momentum == 0)
        tensors.each([s](float g, float& p) { nt::sgd_plain(s, g, p); });
    else
        tensors.each_with_state1([s](float g, float& p, float& buffer) { nt::sgd(s, g, p, buffer); });
}

void step(const nt::Adam& rule, const Tensors& tensors) {
    tensors.each_with_both([s = rule](float g, float& p, float& m, float& v) { nt::adam(s, g, p, m, v); });
}

void step(const nt::NAdam& rule, const Tensors& tensors) {
    tensors.each_with_both([s = rule](float g, float& p, float& m, float& v) { nt::nadam(s, g, p, m, v); });
}

void step(const nt::RAdam& rule, const Tensors& tensors) {
    tensors.each_with_both([s = rule](float g, float& p, float& m, float& v) { nt::radam(s, g, p, m, v); });
}

void step(const nt::RmsProp& rule, const Tensors& tensors) {
    const nt::RmsProp s = rule;
    if (s.momentum == 0)
        tensors.each_with_state1([s](float g, float& p, float& square) { nt::rmsprop_plain(s, g, p, square); });
    else
        tensors.each_with_both([s](float g, float& p, float& square, float& buffer) { nt::rmsprop(s, g, p, square, buffer); });
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
