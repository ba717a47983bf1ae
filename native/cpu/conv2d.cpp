// Convolution: y[n,i,j,o] = bias[o] + Σ over kh, kw, c of x[n, i·stride+kh−pad, j·stride+kw−pad, c] · w[o,kh,kw,c].
// This file checks the shape and chooses an implementation.
#include "conv2d.h"
#include "conv2d_direct.h"
#include "conv2d_in_place.h"
#include "conv2d_pairs.h"
#include "conv2d_rows.h"
#include "conv2d_winograd.h"
#include "parallel.h"
#include "status.h"
#include "workspace.h"

#include <algorithm>
#include <cstdlib>
#include <stdexcept>
#include <string>

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

namespace {

// What neither Winograd's way nor products in place take, the direct convolutions do below AVX-512. oneDNN's AVX-512 code is much better
// than its AVX2 code and keeps those machines, but for weight gradients of strided kernels and of 1×1 ones over many channels.
#if defined(__AVX512F__)
constexpr bool prefer_direct = false;
constexpr const char* direct_name = "direct:avx512";
#elif defined(__AVX2__)
constexpr bool prefer_direct = true;
constexpr const char* direct_name = "direct:avx2";
#else
constexpr bool prefer_direct = true;
constexpr const char* direct_name = "direct";
#endif

// Measured on Zen 3 (AVX2) against oneDNN, the direct convolutions win but for the forward pass where a tile sums few numbers
// before it is written: 1×1 kernels, and strided ones over few channels. Of the grouped ones only the depthwise weight gradient is written here.
bool direct_is_faster(const nt_conv2d_shape& s, Pass pass) {
    const bool few = s.kh * s.kw == 1 || (s.stride > 1 && s.ic <= 16);
    const bool many = s.stride > 1 ? s.ic >= 16 : s.kh * s.kw == 1 && s.ic * s.oc >= 48 * 64;
    if (!prefer_direct) return pass == Pass::backward_weight && many && s.groups == 1;
    return !(pass == Pass::forward && few);
}

// `widened` is oneDNN too, with float copies of maps whose type the processor does not multiply.
enum class Way { direct, in_place, pairs, rows, winograd, onednn, widened };

struct Passes {
    decltype(&onednn::forward) forward;
    decltype(&onednn::backward_data) backward_data;
    decltype(&onednn::backward_weight) backward_weight;
};
constexpr Passes ways[] = {
    {direct::forward, direct::backward_data, direct::backward_weight},
    {in_place::forward, in_place::backward_data, in_place::backward_weight},
    {nullptr, nullptr, pairs::backward_weight},
    {rows::forward, rows::backward_data, nullptr},
    {winograd::forward, winograd::backward_data, winograd::backward_weight},
    {onednn::forward, onednn::backward_data, onednn::backward_weight},
    {widened::forward, widened::backward_data, widened::backward_weight},
};
const Passes& passes_of(Way way) { return ways[static_cast<int>(way)]; }

// By shape, type and instruction set, never by timing: the same machine must give the same bits on every run.
// NATIVETRAIN_CONV=onednn, direct, in_place, pairs, rows or winograd forces one of them where it computes the shape, for tests and measurements.
Way way_of(const nt_conv2d_shape& s, Pass pass, Type type) {
    const bool computed = onednn::computes(type), depthwise = s.groups == s.ic && s.groups == s.oc && pass == Pass::backward_weight;
    const Way library = computed ? Way::onednn : Way::widened;
    const bool in_place = type == Type::f32 && in_place::computes(s, pass);
    const bool pairs = pass == Pass::backward_weight && type == Type::bf16 && computed && pairs::computes(s);
    const bool rows = rows::computes(s, pass, type);
    if (s.groups != 1 && !depthwise) return library;
    const char* forced = std::getenv("NATIVETRAIN_CONV");
    // The direct convolutions convert block by block what the library would want converted as whole images.
    if (!forced || !*forced) {
        if (pairs && pairs::is_faster(s)) return Way::pairs;
        const bool winograd = winograd::is_faster(s, pass, computed && type != Type::f32);
        if (rows && rows::is_faster(s, pass, type, winograd)) return Way::rows;
        if (winograd) return Way::winograd;
        if (in_place && in_place::is_faster(s, pass)) return Way::in_place;
        return !computed || (type == Type::f32 && direct_is_faster(s, pass)) ? Way::direct : library;
    }
    if (forced == std::string("direct")) return Way::direct;
    if (forced == std::string("in_place")) return in_place ? Way::in_place : Way::direct;
    if (forced == std::string("pairs")) return pairs ? Way::pairs : Way::direct;
    if (forced == std::string("rows")) return rows ? Way::rows : Way::direct;
    if (forced == std::string("winograd")) return winograd::computes(s) ? Way::winograd : Way::direct;
    if (forced == std::string("onednn")) return library;
    throw std::invalid_argument("NATIVETRAIN_CONV must be onednn, direct, in_place, pairs, rows or winograd");
}

int64_t weights_of(const nt_conv2d_shape& s) { return int64_t{s.oc} * s.kh * s.kw * (s.ic / s.groups); }

// The weights as a multiplier of this type has them: rounded to it, in float.
const float* rounded(Type type, const float* w, int64_t count) {
    if (type == Type::f32) return w;
    thread_local Workspace workspace;
    float* numbers = workspace.floats(count + (count + 1) / 2);
    void* bits = numbers + count;
    narrow(type, w, count, bits);
    widen(type, bits, count, numbers);
    return numbers;
}

// A map as a multiplier of this type has it: itself or, of floats beside a map of 16 bits, a rounded copy (of head's logits,
// mostly, and their gradients). Of two maps at most one is of floats then, so there is one copy at a time.
Source operand(Type type, Source map, int64_t count) {
    if (map.type == type) return map;
    if (!map.is_float()) throw std::invalid_argument("one map is f16, the other bf16");
    thread_local Workspace workspace;
    char* bits = workspace.bytes(count * element_bytes(type));
    constexpr int64_t part = 64 * piece;
    parallel_for((count + part - 1) / part, [&](int64_t i) {
        const int64_t first = i * part;
        narrow(type, map.floats() + first, std::min(part, count - first), bits + first * element_bytes(type));
    });
    return {type, bits};
}

}  // namespace

void forward(const nt_conv2d_shape& s, Source x, const float* w, const float* bias, Target y) {
    const Type type = narrower(x.type, y.type);
    x = operand(type, x, input_size(s));
    const Way way = way_of(s, Pass::forward, type);
    // oneDNN's reorders round the weights themselves.
    passes_of(way).forward(s, x, way == Way::onednn ? w : rounded(type, w, weights_of(s)), bias, y);
}

void backward_data(const nt_conv2d_shape& s, Source dy, const float* w, Target dx) {
    const Type type = narrower(dy.type, dx.type);
    dy = operand(type, dy, output_size(s));
    const Way way = way_of(s, Pass::backward_data, type);
    passes_of(way).backward_data(s, dy, way == Way::onednn ? w : rounded(type, w, weights_of(s)), dx);
}

void backward_weight(const nt_conv2d_shape& s, Source x, Source dy, float* dw) {
    const Type type = narrower(x.type, dy.type);
    x = operand(type, x, input_size(s));
    dy = operand(type, dy, output_size(s));
    const Way way = way_of(s, Pass::backward_weight, type);
    if (way == Way::direct && s.groups != 1) return depthwise::backward_weight(s, x, dy, dw);
    passes_of(way).backward_weight(s, x, dy, dw);
}

const char* implementation(const nt_conv2d_shape& s, Pass pass, Type type) {
    const Way way = way_of(s, pass, type);
    if (way == Way::direct) return direct_name;
    if (way == Way::winograd) return "winograd";
    if (way == Way::in_place) return in_place::name;
    if (way == Way::pairs) return pairs::name;
    if (way == Way::rows) return rows::name;
    return onednn::implementation(s, pass, way == Way::widened ? Type::f32 : type);
}

}  // namespace nt::conv

using namespace nt::conv;
using nt::Source, nt::Target;

int nt_conv2d_forward(const nt_conv2d_shape* s, int type_x, const void* x, const float* w, const float* bias, int type_y, void* y) {
    return nt::guarded("nt_conv2d_forward", [&] {
        check(*s);
        forward(*s, Source(type_x, x), w, bias, Target(type_y, y));
    });
}

int nt_conv2d_backward_data(const nt_conv2d_shape* s, int type_dy, const void* dy, const float* w, int type_dx, void* dx) {
    return nt::guarded("nt_conv2d_backward_data", [&] {
        check(*s);
        backward_data(*s, Source(type_dy, dy), w, Target(type_dx, dx));
    });
}

int nt_conv2d_backward_weight(const nt_conv2d_shape* s, int type_x, const void* x, int type_dy, const void* dy, float* dw, float* db) {
    return nt::guarded("nt_conv2d_backward_weight", [&] {
        check(*s);
        const Source gradient(type_dy, dy);
        backward_weight(*s, Source(type_x, x), gradient, dw);
        if (db) add_column_sums(gradient, int64_t{s->n} * output_height(*s) * output_width(*s), s->oc, db);
    });
}

int nt_conv2d_implementation(const nt_conv2d_shape* s, int pass, int type, const char** name) {
    return nt::guarded("nt_conv2d_implementation", [&] {
        check(*s);
        if (pass < 0 || pass > 2) throw std::invalid_argument("pass must be 0, 1 or 2");
        *name = implementation(*s, static_cast<Pass>(pass), nt::type_of(type));
    });
}

int nt_conv2d_computes(int type, int* computes) {
    return nt::guarded("nt_conv2d_computes", [&] { *computes = onednn::computes(nt::type_of(type)); });
}
