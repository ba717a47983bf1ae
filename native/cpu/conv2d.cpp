// Convolution: y[n,i,j,o] = bias[o] + Σ over kh, kw, c of x[n, i·stride+kh−pad, j·stride+kw−pad, c] · w[o,kh,kw,c].
// This file checks the shape, chooses an implementation and adds up the bias gradient.
#include "conv2d.h"
#include "conv2d_direct.h"
#include "status.h"

#include <algorithm>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <vector>

namespace nt::conv {

void check(const nt_conv2d_shape& s) {
    const auto require = [](bool good, const char* what) {
        if (!good) throw std::invalid_argument(what);
    };
    require(s.n > 0 && s.h > 0 && s.w > 0 && s.ic > 0 && s.oc > 0, "n, h, w, ic and oc must be at least 1");
    require(s.kh > 0 && s.kw > 0 && s.stride > 0, "kh, kw and stride must be at least 1");
    require(s.pad >= 0, "pad must not be negative");
    require(s.groups > 0 && s.ic % s.groups == 0 && s.oc % s.groups == 0, "groups must divide ic and oc");
    require(s.h + 2 * s.pad >= s.kh && s.w + 2 * s.pad >= s.kw, "the kernel is larger than the padded map");
}

void add_column_sums(const float* x, int64_t rows, int c, float* sums) {
    constexpr int64_t chunk_rows = 1024;
    const int64_t chunks = (rows + chunk_rows - 1) / chunk_rows;
    std::vector<float> partial(chunks * c, 0.f);
#pragma omp parallel for schedule(static) if (chunks > 1)
    for (int64_t k = 0; k < chunks; k++) {
        float* p = partial.data() + k * c;
        const int64_t end = std::min(rows, (k + 1) * chunk_rows);
        for (int64_t r = k * chunk_rows; r < end; r++)
#pragma omp simd
            for (int i = 0; i < c; i++) p[i] += x[r * c + i];
    }
    for (int64_t k = 0; k < chunks; k++)
        for (int i = 0; i < c; i++) sums[i] += partial[k * c + i];
}

namespace {

// The direct convolutions are the default below AVX-512. oneDNN's AVX-512 code is much better than its AVX2 code,
// and the direct ones have not been measured against it, so it keeps those machines.
#if !defined(__AVX512F__)
constexpr bool prefer_direct = true;
#else
constexpr bool prefer_direct = false;
#endif
#if defined(__AVX512F__)
constexpr const char* direct_name = "direct:avx512";
#elif defined(__AVX2__)
constexpr const char* direct_name = "direct:avx2";
#else
constexpr const char* direct_name = "direct";
#endif

// Measured on Zen 3 (AVX2), the direct convolutions win but for the forward pass where a tile sums few numbers
// before it is written: 1×1 kernels, and strided ones over few channels. Of the grouped ones only the depthwise weight gradient is written here.
bool direct_is_faster(const nt_conv2d_shape& s, Pass pass) {
    const bool few = s.kh * s.kw == 1 || (s.stride > 1 && s.ic <= 16);
    return prefer_direct && !(pass == Pass::forward && few);
}

// By shape and instruction set, never by timing: the same machine must give the same bits on every run.
// NATIVETRAIN_CONV=onednn or =direct forces one of the two, for tests and measurements.
bool use_direct(const nt_conv2d_shape& s, Pass pass) {
    const bool depthwise = s.groups == s.ic && s.groups == s.oc && pass == Pass::backward_weight;
    if (s.groups != 1 && !depthwise) return false;
    const char* forced = std::getenv("NATIVETRAIN_CONV");
    if (!forced || !*forced) return direct_is_faster(s, pass);
    if (forced == std::string("direct")) return true;
    if (forced == std::string("onednn")) return false;
    throw std::invalid_argument("NATIVETRAIN_CONV must be onednn or direct");
}

}  // namespace

void forward(const nt_conv2d_shape& s, const float* x, const float* w, const float* bias, float* y) {
    (use_direct(s, Pass::forward) ? direct::forward : onednn::forward)(s, x, w, bias, y);
}

void backward_data(const nt_conv2d_shape& s, const float* dy, const float* w, float* dx) {
    (use_direct(s, Pass::backward_data) ? direct::backward_data : onednn::backward_data)(s, dy, w, dx);
}

void backward_weight(const nt_conv2d_shape& s, const float* x, const float* dy, float* dw) {
    const auto ours = s.groups == 1 ? direct::backward_weight : depthwise::backward_weight;
    (use_direct(s, Pass::backward_weight) ? ours : onednn::backward_weight)(s, x, dy, dw);
}

const char* implementation(const nt_conv2d_shape& s, Pass pass) {
    return use_direct(s, pass) ? direct_name : onednn::implementation(s, pass);
}

}  // namespace nt::conv

using namespace nt::conv;

int nt_conv2d_forward(const nt_conv2d_shape* s, const float* x, const float* w, const float* bias, float* y) {
    return nt::guarded("nt_conv2d_forward", [&] {
        check(*s);
        forward(*s, x, w, bias, y);
    });
}

int nt_conv2d_backward_data(const nt_conv2d_shape* s, const float* dy, const float* w, float* dx) {
    return nt::guarded("nt_conv2d_backward_data", [&] {
        check(*s);
        backward_data(*s, dy, w, dx);
    });
}

int nt_conv2d_backward_weight(const nt_conv2d_shape* s, const float* x, const float* dy, float* dw, float* db) {
    return nt::guarded("nt_conv2d_backward_weight", [&] {
        check(*s);
        backward_weight(*s, x, dy, dw);
        if (db) add_column_sums(dy, int64_t{s->n} * output_height(*s) * output_width(*s), s->oc, db);
    });
}

int nt_conv2d_implementation(const nt_conv2d_shape* s, int pass, const char** name) {
    return nt::guarded("nt_conv2d_implementation", [&] {
        check(*s);
        if (pass < 0 || pass > 2) throw std::invalid_argument("pass must be 0, 1 or 2");
        *name = implementation(*s, static_cast<Pass>(pass));
    });
}
