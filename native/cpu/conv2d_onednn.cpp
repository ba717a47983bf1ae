// Convolutions by oneDNN over NHWC maps. oneDNN chooses its own weight layout; OHWI weights are reordered into
// it at each call (they are small), and weight gradients are reordered back, adding to what is there.
// A primitive is made once per (shape, pass, types, bias, threads) and kept; all share one workspace.
// bfloat16 maps are multiplied as such where the processor can (AVX512_BF16, AMX): oneDNN then sums in float, and the
// reorders round our float weights on the way in and leave weight gradients in float on the way out.
#include "conv2d.h"
#include "workspace.h"

#include <dnnl.hpp>
#include <omp.h>

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <tuple>
#include <unordered_map>
#include <utility>

namespace nt::conv::onednn {
namespace {

using dnnl::memory;
using Desc = memory::desc;

struct Key {
    nt_conv2d_shape s;
    Pass pass;
    Type source, destination;  // of the map read (backward weight: of both maps) and of the one written
    bool bias;
    int threads;

    auto tie() const {
        return std::tie(s.n, s.h, s.w, s.ic, s.oc, s.kh, s.kw, s.stride, s.pad, s.groups, pass, source, destination, bias, threads);
    }
    bool operator<(const Key& other) const { return tie() < other.tie(); }
};

memory::data_type onednn_type(Type type) { return type == Type::bf16 ? memory::data_type::bf16 : memory::data_type::f32; }

Desc map_desc(Type type, int n, int c, int h, int w) {
    return Desc({n, c, h, w}, onednn_type(type), memory::format_tag::nhwc);
}

// Our weights, OHWI; with groups the output channels come group by group, so O splits into (G, O/G).
Desc weights_desc(const nt_conv2d_shape& s) {
    const memory::dim i = s.ic / s.groups, o = s.oc / s.groups, row = s.kw * i, filter = s.kh * row;
    if (s.groups == 1) return Desc({o, i, s.kh, s.kw}, memory::data_type::f32, memory::dims{filter, 1, row, i});
    return Desc({s.groups, o, i, s.kh, s.kw}, memory::data_type::f32, memory::dims{o * filter, filter, 1, row, i});
}

Desc any_weights_desc(const nt_conv2d_shape& s, Type type) {
    return Desc(weights_desc(s).dims(), onednn_type(type), memory::format_tag::any);
}

// A primitive with its reorder between our weights and oneDNN's; the name tells both.
struct Convolution {
    dnnl::primitive primitive;
    dnnl::reorder reorder;
    Desc source, destination, ours, theirs, bias, scratch;
    std::string name;
};

// The lock is held while a primitive runs: a convolution uses every thread anyway.
struct Context {
    std::mutex lock;
    dnnl::engine engine{dnnl::engine::kind::cpu, 0};
    dnnl::stream stream{engine};
    std::map<Key, std::unique_ptr<Convolution>> cache;
    Workspace workspace, converted;
};

Context& context() {
    static Context c;
    return c;
}

std::unique_ptr<Convolution> make(const Key& key, const dnnl::engine& engine) {
    const nt_conv2d_shape& s = key.s;
    const Type reads = key.source, writes = key.destination;
    const bool data = key.pass == Pass::backward_data, gradient = key.pass == Pass::backward_weight;
    const Desc x = map_desc(data ? writes : reads, s.n, s.ic, s.h, s.w);
    const Desc y = map_desc(data || gradient ? reads : writes, s.n, s.oc, output_height(s), output_width(s));
    const Desc w = any_weights_desc(s, gradient ? Type::f32 : reads);
    const memory::dims stride{s.stride, s.stride}, pad{s.pad, s.pad};
    constexpr auto direct = dnnl::algorithm::convolution_direct;
    dnnl::primitive_attr attr;
    attr.set_scratchpad_mode(dnnl::scratchpad_mode::user);

    const Desc b = key.bias ? Desc({s.oc}, memory::data_type::f32, memory::format_tag::x) : Desc();
    // What a backward pass belongs to: all operands of the type read.
    const Desc hint_x = map_desc(reads, s.n, s.ic, s.h, s.w), hint_y = key.pass == Pass::forward ? y : map_desc(reads, s.n, s.oc, output_height(s), output_width(s));
    const auto forward_desc = dnnl::convolution_forward::primitive_desc(
        {dnnl::prop_kind::forward_training, direct, hint_x, any_weights_desc(s, reads), b, hint_y, stride, pad, pad}, attr, engine);

    auto made = std::make_unique<Convolution>();
    made->ours = weights_desc(s);
    made->bias = b;
    const auto finish = [&](auto&& desc, const Desc& source, const Desc& destination, const Desc& weights) {
        made->source = source;
        made->destination = destination;
        made->theirs = weights;
        made->scratch = desc.scratchpad_desc();
        made->name = desc.impl_info_str();
    };
    if (key.pass == Pass::forward) {
        made->primitive = dnnl::convolution_forward(forward_desc);
        finish(forward_desc, x, y, forward_desc.weights_desc());
    } else if (key.pass == Pass::backward_data) {
        const auto desc = dnnl::convolution_backward_data::primitive_desc(
            {direct, x, w, y, stride, pad, pad}, attr, engine, forward_desc);
        made->primitive = dnnl::convolution_backward_data(desc);
        finish(desc, y, x, desc.weights_desc());
    } else {
        const auto desc = dnnl::convolution_backward_weights::primitive_desc(
            {direct, x, w, y, stride, pad, pad}, attr, engine, forward_desc);
        made->primitive = dnnl::convolution_backward_weights(desc);
        finish(desc, x, y, desc.diff_weights_desc());
    }

    dnnl::post_ops add;
    if (gradient) add.append_sum(1.f);
    dnnl::primitive_attr accumulate;
    accumulate.set_post_ops(add);
    const Desc &from = gradient ? made->theirs : made->ours, &to = gradient ? made->ours : made->theirs;
    const dnnl::reorder::primitive_desc desc(engine, from, engine, to, accumulate);
    made->reorder = dnnl::reorder(desc);
    made->name += std::string(" + reorder ") + desc.impl_info_str();
    return made;
}

Convolution& find(Context& c, const nt_conv2d_shape& s, Pass pass, Type source, Type destination, bool bias) {
    const Key key{s, pass, source, destination, bias, omp_get_max_threads()};
    auto& entry = c.cache[key];
    if (!entry) entry = make(key, c.engine);
    return *entry;
}

// The workspace holds the weights in oneDNN's layout, then the primitive's scratch.
struct Buffers {
    memory weights, scratch;

    Buffers(Context& c, const Convolution& conv) {
        const size_t first = (conv.theirs.get_size() + 63) / 64 * 64;
        char* p = c.workspace.bytes(first + conv.scratch.get_size());
        weights = memory(conv.theirs, c.engine, p);
        scratch = memory(conv.scratch, c.engine, p + first);
    }
};

memory wrap(const Desc& desc, const dnnl::engine& engine, const void* p) {
    return memory(desc, engine, const_cast<void*>(p));
}

// The map in the type that the primitive reads: itself, or a copy (gradients of float logits in a bfloat16 network).
Source as_type(Context& c, Type type, Source map, int64_t count) {
    if (map.type == type) return map;
    char* bytes = c.converted.bytes(count * (element_bytes(type) + sizeof(float)));
    narrow(type, map.read(0, count, reinterpret_cast<float*>(bytes)), count, bytes + count * sizeof(float));
    return {type, bytes + count * sizeof(float)};
}

int64_t input_size(const nt_conv2d_shape& s) { return int64_t{s.n} * s.h * s.w * s.ic; }
int64_t output_size(const nt_conv2d_shape& s) { return int64_t{s.n} * output_height(s) * output_width(s) * s.oc; }

// Our weights as the primitive wants them.
memory weights_for(Context& c, Convolution& conv, Buffers& buffers, const float* w) {
    memory ours = wrap(conv.ours, c.engine, w);
    conv.reorder.execute(c.stream, ours, buffers.weights);
    return buffers.weights;
}

}  // namespace

bool computes(Type type) {
    if (type != Type::bf16) return type == Type::f32;
    const dnnl_cpu_isa_t isa = dnnl_get_effective_cpu_isa();
    return isa == dnnl_cpu_isa_avx512_core_bf16 || isa == dnnl_cpu_isa_avx512_core_amx;
}

void forward(const nt_conv2d_shape& s, Source x, const float* w, const float* bias, Target y) {
    Context& c = context();
    const std::scoped_lock hold(c.lock);
    const Source source = as_type(c, narrower(x.type, y.type), x, input_size(s));
    Convolution& conv = find(c, s, Pass::forward, source.type, y.type, bias != nullptr);
    Buffers buffers(c, conv);
    std::unordered_map<int, memory> arguments{{DNNL_ARG_SRC, wrap(conv.source, c.engine, source.p)},
                                              {DNNL_ARG_WEIGHTS, weights_for(c, conv, buffers, w)},
                                              {DNNL_ARG_DST, wrap(conv.destination, c.engine, y.p)},
                                              {DNNL_ARG_SCRATCHPAD, buffers.scratch}};
    if (bias) arguments.emplace(DNNL_ARG_BIAS, wrap(conv.bias, c.engine, bias));
    conv.primitive.execute(c.stream, arguments);
    c.stream.wait();
}

void backward_data(const nt_conv2d_shape& s, Source dy, const float* w, Target dx) {
    Context& c = context();
    const std::scoped_lock hold(c.lock);
    const Source source = as_type(c, narrower(dy.type, dx.type), dy, output_size(s));
    Convolution& conv = find(c, s, Pass::backward_data, source.type, dx.type, false);
    Buffers buffers(c, conv);
    conv.primitive.execute(c.stream, {{DNNL_ARG_DIFF_DST, wrap(conv.source, c.engine, source.p)},
                                      {DNNL_ARG_WEIGHTS, weights_for(c, conv, buffers, w)},
                                      {DNNL_ARG_DIFF_SRC, wrap(conv.destination, c.engine, dx.p)},
                                      {DNNL_ARG_SCRATCHPAD, buffers.scratch}});
    c.stream.wait();
}

void backward_weight(const nt_conv2d_shape& s, Source x, Source dy, float* dw) {
    Context& c = context();
    const std::scoped_lock hold(c.lock);
    const Type type = narrower(x.type, dy.type);  // at most one of the two is of another, so one copy is enough
    const Source input = as_type(c, type, x, input_size(s)), gradient = as_type(c, type, dy, output_size(s));
    Convolution& conv = find(c, s, Pass::backward_weight, type, type, false);
    Buffers buffers(c, conv);
    conv.primitive.execute(c.stream, {{DNNL_ARG_SRC, wrap(conv.source, c.engine, input.p)},
                                      {DNNL_ARG_DIFF_DST, wrap(conv.destination, c.engine, gradient.p)},
                                      {DNNL_ARG_DIFF_WEIGHTS, buffers.weights},
                                      {DNNL_ARG_SCRATCHPAD, buffers.scratch}});
    memory ours = wrap(conv.ours, c.engine, dw);
    conv.reorder.execute(c.stream, buffers.weights, ours);
    c.stream.wait();
}

const char* implementation(const nt_conv2d_shape& s, Pass pass, Type type) {
    Context& c = context();
    const std::scoped_lock hold(c.lock);
    return find(c, s, pass, type, type, false).name.c_str();  // the cache never drops an entry
}

}  // namespace nt::conv::onednn
