// The optimizers, the gradients' norm and the moving average of the weights, over many tensors at once.
#include "adam.h"
#include "nadam.h"
#include "radam.h"
#include "rmsprop.h"
#include "sgd.h"
#include "nativetrain.h"
#include "parallel.h"
#include "status.h"

#include <cmath>
#include <numeric>
#include <stdexcept>
#include <vector>

namespace {

// A piece of one tensor: what a thread takes at a time.
struct Chunk {
    int tensor;
    int64_t begin, end;
};

std::vector<Chunk> chunks_of(int count, const int64_t* n) {
    constexpr int64_t size = 16384;
    std::vector<Chunk> chunks;
    for (int t = 0; t < count; t++)
        for (int64_t begin = 0; begin < n[t]; begin += size) chunks.push_back({t, begin, std::min(n[t], begin + size)});
    return chunks;
}

// The tensors of a step: values, gradients (times grad_scale) and the optimizer's state.
struct Tensors {
    const nt_optimizer_args& a;
    const std::vector<Chunk> chunks;
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
            for (int64_t j = begin; j < end; j++) update(a.grad_scale * g[j], p[j]);
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
            for (int64_t j = begin; j < end; j++) update(a.grad_scale * g[j], p[j], s[j]);
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
            for (int64_t j = begin; j < end; j++) update(a.grad_scale * g[j], p[j], s[j], u[j]);
        });
    }
};

void sgd(const Tensors& tensors) {
    const auto& a = tensors.a;
    const nt::Sgd s{a.lr, a.momentum, a.weight_decay, a.nesterov != 0};
    if (a.momentum == 0)
        tensors.each([s](float g, float& p) { nt::sgd_plain(s, g, p); });
    else
        tensors.each_with_state1([s](float g, float& p, float& buffer) { nt::sgd(s, g, p, buffer); });
}

// 1 - beta^step: what a moment that started at zero falls short by.
double bias(float beta, int64_t step) { return 1 - std::pow(static_cast<double>(beta), static_cast<double>(step)); }

void adam(const Tensors& tensors, bool decoupled) {
    const auto& a = tensors.a;
    nt::Adam s{};
    s.beta1 = a.momentum, s.beta2 = a.beta2, s.eps = a.eps;
    s.l2 = decoupled ? 0 : a.weight_decay;
    s.shrink = decoupled ? static_cast<float>(1 - static_cast<double>(a.lr) * a.weight_decay) : 1;
    s.step_size = static_cast<float>(a.lr / bias(a.momentum, a.step));
    s.inv_sqrt_bias2 = static_cast<float>(1 / std::sqrt(bias(a.beta2, a.step)));
    tensors.each_with_both([s](float g, float& p, float& m, float& v) { nt::adam(s, g, p, m, v); });
}

void nadam(const Tensors& tensors) {
    const auto& a = tensors.a;
    nt::NAdam s{};
    s.beta1 = a.momentum, s.beta2 = a.beta2, s.eps = a.eps, s.l2 = a.weight_decay;
    s.g_size = static_cast<float>(a.lr * (1 - a.mu) / (1 - a.mu_product));
    s.m_size = static_cast<float>(a.lr * a.mu_next / (1 - a.mu_product * a.mu * a.mu_next));
    s.inv_bias2 = static_cast<float>(1 / bias(a.beta2, a.step));
    tensors.each_with_both([s](float g, float& p, float& m, float& v) { nt::nadam(s, g, p, m, v); });
}

void radam(const Tensors& tensors) {
    const auto& a = tensors.a;
    nt::RAdam s{};
    s.beta1 = a.momentum, s.beta2 = a.beta2, s.eps = a.eps, s.l2 = a.weight_decay;
    const double bias2 = bias(a.beta2, a.step);
    const double rho_inf = 2 / (1 - static_cast<double>(a.beta2)) - 1;
    const double rho = rho_inf - 2 * static_cast<double>(a.step) * (1 - bias2) / bias2;
    s.rectified = rho > 5;
    double size = a.lr / bias(a.momentum, a.step);
    if (s.rectified)
        size *= std::sqrt(bias2 * (rho - 4) * (rho - 2) * rho_inf / ((rho_inf - 4) * (rho_inf - 2) * rho));
    s.step_size = static_cast<float>(size);
    tensors.each_with_both([s](float g, float& p, float& m, float& v) { nt::radam(s, g, p, m, v); });
}

void rmsprop(const Tensors& tensors) {
    const auto& a = tensors.a;
    const nt::RmsProp s{a.lr, a.beta2, a.eps, a.momentum, a.weight_decay};
    if (a.momentum == 0)
        tensors.each_with_state1([s](float g, float& p, float& square) { nt::rmsprop_plain(s, g, p, square); });
    else
        tensors.each_with_both([s](float g, float& p, float& square, float& buffer) { nt::rmsprop(s, g, p, square, buffer); });
}

}  // namespace

int nt_grad_norm(int count, const float* const* grad, const int64_t* n, double* norm) {
    return nt::guarded("nt_grad_norm", [&] {
        const auto chunks = chunks_of(count, n);
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

int nt_optimizer_step(const nt_optimizer_args* a, int count, float* const* value, const float* const* grad, float* const* state1, float* const* state2, const int64_t* n) {
    return nt::guarded("nt_optimizer_step", [&] {
        if (a->step < 1) throw std::invalid_argument("steps count from 1");
        const Tensors tensors{*a, chunks_of(count, n), value, grad, state1, state2};
        switch (a->kind) {
            case 0: return sgd(tensors);
            case 1: return adam(tensors, false);
            case 2: return adam(tensors, true);
            case 3: return nadam(tensors);
            case 4: return radam(tensors);
            case 5: return rmsprop(tensors);
            default: throw std::invalid_argument("unknown optimizer kind " + std::to_string(a->kind));
        }
    });
}

int nt_ema_update(int count, float* const* average, const float* const* value, const int64_t* n, float decay) {
    return nt::guarded("nt_ema_update", [&] {
        const auto chunks = chunks_of(count, n);
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
