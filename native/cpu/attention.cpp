// Scaled dot-product attention (Vaswani et al. 2017, arXiv:1706.03762) over the pixels of a feature map.
// One task is one head of one image: p = softmax(q·kT/sqrt(key_dim)), y = p·v.
#include "nativetrain.h"
#include "parallel.h"
#include "sgemm.h"
#include "softmax_row.h"
#include "status.h"
#include "workspace.h"

#include <cmath>
#include <vector>

namespace {

struct Heads {
    int tokens, heads, key_dim, head_dim;

    int64_t ld_qkv() const { return heads * width(); }
    int64_t ld_y() const { return heads * head_dim; }
    float scale() const { return 1.f / std::sqrt(static_cast<float>(key_dim)); }

    int64_t width() const { return 2 * key_dim + head_dim; }  // of a head's q, k and v

    // First q of a task (task = image·heads + head); its k and v follow.
    int64_t q(int64_t task) const { return (task / heads) * tokens * ld_qkv() + (task % heads) * width(); }
    int64_t y(int64_t task) const { return (task / heads) * tokens * ld_y() + (task % heads) * head_dim; }
    int64_t p(int64_t task) const { return task * tokens * tokens; }
};

// The calling thread's room for the heads of a 16-bit map as floats.
float* head_buffer(size_t floats) {
    thread_local nt::Workspace workspace;
    return workspace.floats(floats);
}

}  // namespace

int nt_attention_forward(int type, const void* qkv, void* y, float* p, int n, int tokens, int heads, int key_dim, int head_dim) {
    return nt::guarded("nt_attention_forward", [&] {
        const Heads s{tokens, heads, key_dim, head_dim};
        const nt::Source source(type, qkv);
        const nt::Target target(type, y);
        const int64_t in = s.width(), out = head_dim;  // numbers of a token that belong to one head
        const int64_t ld = source.is_float() ? s.ld_qkv() : in, ld_y = source.is_float() ? s.ld_y() : out;
        nt::parallel_for(static_cast<int64_t>(n) * heads, [&](int64_t task) {
            float* buffer = head_buffer(source.is_float() ? 0 : tokens * (in + out));
            const nt::Source head = source.from(s.q(task));
            const nt::Target result = target.from(s.y(task));
            const float* q = head.is_float() ? head.floats() : head.rows(0, tokens, in, s.ld_qkv(), buffer);
            const float *k = q + key_dim, *v = k + key_dim;
            float* to = result.is_float() ? result.floats() : buffer + tokens * in;
            float* weights = p + s.p(task);
            nt::sgemm(false, true, tokens, tokens, key_dim, s.scale(), q, ld, k, ld, 0.f, weights, tokens);
            for (int64_t t = 0; t < tokens; t++) nt::softmax_row(weights + t * tokens, weights + t * tokens, tokens);
            nt::sgemm(false, false, tokens, head_dim, tokens, 1.f, weights, tokens, v, ld, 0.f, to, ld_y);
            if (!result.is_float()) result.write_rows(0, tokens, out, s.ld_y(), to);
        });
    });
}

// With scores s = q·kT/sqrt(key_dim): dv = pT·dy, dp = dy·vT, ds = p·(dp - Σ p·dp), dq = ds·k/sqrt(key_dim),
// dk = dsT·q/sqrt(key_dim).
int nt_attention_backward(int type, const void* qkv, const float* p, const void* dy, void* dqkv, int n, int tokens, int heads, int key_dim, int head_dim, int accumulate) {
    return nt::guarded("nt_attention_backward", [&] {
        const Heads s{tokens, heads, key_dim, head_dim};
        const nt::Source source(type, qkv), gradient(type, dy);
        const nt::Target target(type, dqkv);
        const float keep = accumulate ? 1.f : 0.f;
        const int64_t in = s.width(), out = head_dim;
        const int64_t ld = source.is_float() ? s.ld_qkv() : in, ld_y = source.is_float() ? s.ld_y() : out;
        nt::parallel_for(static_cast<int64_t>(n) * heads, [&](int64_t task) {
            float* buffer = head_buffer(source.is_float() ? 0 : tokens * (2 * in + out));
            const nt::Source head = source.from(s.q(task)), head_gradient = gradient.from(s.y(task));
            const nt::Target result = target.from(s.q(task));
            const float* q = head.is_float() ? head.floats() : head.rows(0, tokens, in, s.ld_qkv(), buffer);
            const float *k = q + key_dim, *v = k + key_dim;
            const float* g = head.is_float() ? head_gradient.floats() : head_gradient.rows(0, tokens, out, s.ld_y(), buffer + tokens * in);
            float* dq = result.is_float() ? result.floats() : buffer + tokens * (in + out);
            float *dk = dq + key_dim, *dv = dk + key_dim;
            if (accumulate && !result.is_float())
                for (int64_t t = 0; t < tokens; t++) nt::widen(result.type, result.from(t * s.ld_qkv()).p, in, dq + t * in);

            const float* weights = p + s.p(task);
            std::vector<float> ds(static_cast<int64_t>(tokens) * tokens);
            nt::sgemm(true, false, tokens, head_dim, tokens, 1.f, weights, tokens, g, ld_y, keep, dv, ld);
            nt::sgemm(false, true, tokens, tokens, head_dim, 1.f, g, ld_y, v, ld, 0.f, ds.data(), tokens);
            for (int64_t t = 0; t < tokens; t++) {
                const float* w = weights + t * tokens;
                float* d = &ds[t * tokens];
                const float dot = nt::softmax_row_dot(w, d, tokens);
#pragma omp simd
                for (int i = 0; i < tokens; i++) d[i] = w[i] * (d[i] - dot);
            }
            nt::sgemm(false, false, tokens, key_dim, tokens, s.scale(), ds.data(), tokens, k, ld, keep, dq, ld);
            nt::sgemm(true, false, tokens, key_dim, tokens, s.scale(), ds.data(), tokens, q, ld, keep, dk, ld);
            if (!result.is_float()) result.write_rows(0, tokens, in, s.ld_qkv(), dq);
        });
    });
}
