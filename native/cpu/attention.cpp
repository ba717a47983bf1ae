// Scaled dot-product attention (Vaswani et al. 2017, arXiv:1706.03762) over the pixels of a feature map.
// One task is one head of one image: p = softmax(q·kT/sqrt(key_dim)), y = p·v.
#include "nativetrain.h"
#include "parallel.h"
#include "sgemm.h"
#include "softmax_row.h"
#include "status.h"

#include <cmath>
#include <vector>

namespace {

struct Heads {
    int tokens, heads, key_dim, head_dim;

    int ld_qkv() const { return heads * (2 * key_dim + head_dim); }
    int ld_y() const { return heads * head_dim; }
    float scale() const { return 1.f / std::sqrt(static_cast<float>(key_dim)); }

    // First q, k or v of a task (task = image·heads + head), by its offset within the head.
    int64_t qkv(int64_t task, int offset) const {
        return (task / heads) * tokens * ld_qkv() + (task % heads) * (2 * key_dim + head_dim) + offset;
    }
    int64_t q(int64_t task) const { return qkv(task, 0); }
    int64_t k(int64_t task) const { return qkv(task, key_dim); }
    int64_t v(int64_t task) const { return qkv(task, 2 * key_dim); }
    int64_t y(int64_t task) const { return (task / heads) * tokens * ld_y() + (task % heads) * head_dim; }
    int64_t p(int64_t task) const { return task * tokens * tokens; }
};

}  // namespace

int nt_attention_forward(const float* qkv, float* y, float* p, int n, int tokens, int heads, int key_dim, int head_dim) {
    return nt::guarded("nt_attention_forward", [&] {
        const Heads s{tokens, heads, key_dim, head_dim};
        nt::parallel_for(static_cast<int64_t>(n) * heads, [&](int64_t task) {
            float* weights = p + s.p(task);
            nt::sgemm(false, true, tokens, tokens, key_dim, s.scale(), qkv + s.q(task), s.ld_qkv(), qkv + s.k(task), s.ld_qkv(), 0.f, weights, tokens);
            for (int64_t t = 0; t < tokens; t++) nt::softmax_row(weights + t * tokens, weights + t * tokens, tokens);
            nt::sgemm(false, false, tokens, head_dim, tokens, 1.f, weights, tokens, qkv + s.v(task), s.ld_qkv(), 0.f, y + s.y(task), s.ld_y());
        });
    });
}

// With scores s = q·kT/sqrt(key_dim): dv = pT·dy, dp = dy·vT, ds = p·(dp - Σ p·dp), dq = ds·k/sqrt(key_dim),
// dk = dsT·q/sqrt(key_dim).
int nt_attention_backward(const float* qkv, const float* p, const float* dy, float* dqkv, int n, int tokens, int heads, int key_dim, int head_dim, int accumulate) {
    return nt::guarded("nt_attention_backward", [&] {
        const Heads s{tokens, heads, key_dim, head_dim};
        const float keep = accumulate ? 1.f : 0.f;
        nt::parallel_for(static_cast<int64_t>(n) * heads, [&](int64_t task) {
            const float* weights = p + s.p(task);
            const float* g = dy + s.y(task);
            const int ld = s.ld_qkv();
            std::vector<float> ds(static_cast<int64_t>(tokens) * tokens);
            nt::sgemm(true, false, tokens, head_dim, tokens, 1.f, weights, tokens, g, s.ld_y(), keep, dqkv + s.v(task), ld);
            nt::sgemm(false, true, tokens, tokens, head_dim, 1.f, g, s.ld_y(), qkv + s.v(task), ld, 0.f, ds.data(), tokens);
            for (int64_t t = 0; t < tokens; t++) {
                const float* w = weights + t * tokens;
                float* d = &ds[t * tokens];
                const float dot = nt::softmax_row_dot(w, d, tokens);
#pragma omp simd
                for (int i = 0; i < tokens; i++) d[i] = w[i] * (d[i] - dot);
            }
            nt::sgemm(false, false, tokens, key_dim, tokens, s.scale(), ds.data(), tokens, qkv + s.k(task), ld, keep, dqkv + s.q(task), ld);
            nt::sgemm(true, false, tokens, key_dim, tokens, s.scale(), ds.data(), tokens, qkv + s.q(task), ld, keep, dqkv + s.k(task), ld);
        });
    });
}
