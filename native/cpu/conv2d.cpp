// Convolution: y[n,i,j,o] = bias[o] + Σ over kh, kw, c of x[n, i·stride+kh−pad, j·stride+kw−pad, c] · w[o,kh,kw,c].
// This file checks the shape and calls the implementation that conv2d_ways.cpp chooses.
#include "conv2d.h"
#include "conv2d_depthwise.h"
#include "conv2d_direct.h"
#include "conv2d_in_place.h"
#include "conv2d_pairs.h"
#include "conv2d_rows.h"
#include "conv2d_ways.h"
#include "conv2d_winograd.h"
#include "parallel.h"
#include "status.h"
#include "workspace.h"

#include <algorithm>
#include <iterator>
#include <stdexcept>

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

// In the order of Way.
struct Passes {
    decltype(&onednn::forward) forward;
    decltype(&onednn::backward_data) backward_data;
    decltype(&onednn::backward_weight) backward_weight;
};
constexpr Passes ways[] = {
    {direct::forward, direct::backward_data, direct::backward_weight},
    {depthwise::forward, depthwise::backward_data, depthwise::backward_weight},
    {in_place::forward, in_place::backward_data, in_place::backward_weight},
    {nullptr, nullptr, pairs::backward_weight},
    {rows::forward, rows::backward_data, rows::backward_weight},
    {winograd::forward, winograd::backward_data, winograd::backward_weight},
    {onednn::forward, onednn::backward_data, onednn::backward_weight},
    {widened::forward, widened::backward_data, widened::backward_weight},
};
static_assert(std::size(ways) == static_cast<int>(Way::widened) + 1);
const Passes& passes_of(Way way) { return ways[static_cast<int>(way)]; }

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

// The type of a product's operands, where maps of 16 bits and of float meet.
Type type_of_product(Type a, Type b) {
    if (a != b && a != Type::f32 && b != Type::f32) throw std::invalid_argument("one map is f16, the other bf16");
    return a == Type::f32 ? b : a;
}

// A map as a multiplier of this type has it: itself or, of floats beside a map of 16 bits, a rounded copy (of head's logits,
// mostly, and their gradients). Of two maps at most one is of floats then, so there is one copy at a time.
Source operand(Type type, Source map, int64_t count) {
    if (map.type == type) return map;
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
    const Type type = type_of_product(x.type, y.type);
    x = operand(type, x, input_size(s));
    const Way way = way_of(s, Pass::forward, type);
    // What brings weights into oneDNN's layout rounds them itself.
    passes_of(way).forward(s, x, way == Way::onednn ? w : rounded(type, w, weights_of(s)), bias, y);
}

void backward_data(const nt_conv2d_shape& s, Source dy, const float* w, Target dx) {
    const Type type = type_of_product(dy.type, dx.type);
    dy = operand(type, dy, output_size(s));
    const Way way = way_of(s, Pass::backward_data, type);
    passes_of(way).backward_data(s, dy, way == Way::onednn ? w : rounded(type, w, weights_of(s)), dx);
}

void backward_weight(const nt_conv2d_shape& s, Source x, Source dy, float* dw) {
    const Type type = type_of_product(x.type, dy.type);
    x = operand(type, x, input_size(s));
    dy = operand(type, dy, output_size(s));
    const Way way = way_of(s, Pass::backward_weight, type);
    passes_of(way).backward_weight(s, x, dy, dw);
}

const char* implementation(const nt_conv2d_shape& s, Pass pass, Type type) {
    const Way way = way_of(s, pass, type);
    const char* own = name_of(way);
    return own ? own : onednn::implementation(s, pass, way == Way::widened ? Type::f32 : type);
}

Arithmetic arithmetic(const nt_conv2d_shape& s, Pass pass, Type type) {
    const Way way = way_of(s, pass, type);
    if (way == Way::winograd) return {winograd::flops(s, pass), Type::f32};
    const bool native = way == Way::onednn || way == Way::pairs || way == Way::rows;
    return {2 * output_size(s) * s.kh * s.kw * (s.ic / s.groups), native ? type : Type::f32};
}

}  // namespace nt::conv

using namespace nt::conv;
using nt::Source, nt::Target;

namespace {

Pass pass_of(int pass) {
    if (pass < 0 || pass > 2) throw std::invalid_argument("pass must be 0, 1 or 2");
    return static_cast<Pass>(pass);
}

}  // namespace

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
        *name = implementation(*s, pass_of(pass), nt::type_of(type));
    });
}

int nt_conv2d_arithmetic(const nt_conv2d_shape* s, int pass, int type, int64_t* flops, int* factors) {
    return nt::guarded("nt_conv2d_arithmetic", [&] {
        check(*s);
        const Arithmetic a = arithmetic(*s, pass_of(pass), nt::type_of(type));
        *flops = a.flops;
        *factors = static_cast<int>(a.factors);
    });
}

int nt_conv2d_computes(int type, int* computes) {
    return nt::guarded("nt_conv2d_computes", [&] { *computes = onednn::computes(nt::type_of(type)); });
}
