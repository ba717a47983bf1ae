// Convolutions by oneDNN over NHWC maps. oneDNN chooses its own weight layout; OHWI weights are reordered into
// it at each call (they are small), and weight gradients are reordered back, adding to what is there.
// A primitive is made once per (shape, pass, types, bias, threads) and kept; all share one workspace.
// bfloat16 maps are multiplied as such where the processor can (AVX512_BF16, AMX): oneDNN then sums in float, and the
// reorders round our float weights on the way in and leave weight gradients in float on the way out.
#include "conv2d_onednn.h"
#include "workspace.h"

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

// Our weights, OHWI; with groups the output channels come group by group, so O splits into (G, O/G).
Desc weights_desc(const nt_conv2d_shape& s) {
    const memory::dim i = s.ic / s.groups, o = s.oc / s.groups, row = s.kw * i, filter = s.kh * row;
    if (s.groups == 1) return Desc({o, i, s.kh, s.kw}, memory::data_type::f32, memory::dims{filter, 1, row, i});
    return Desc({s.groups, o, i, s.kh, s.kw}, memory::data_type::f32, memory::dims{o * filter, filter, 1, row, i});
}

// A primitive with its reorder between our weights and oneDNN's; the name tells both.
struct Convolution : Primitive {
    dnnl::reorder reorder;
    Desc ours;
};

// The lock is held while a primitive runs: a convolution uses every thread anyway.
struct Context {
    std::mutex lock;
    dnnl::engine engine{dnnl::engine::kind::cpu, 0};
    dnnl::stream stream{engine};
    std::map<Key, std::unique_ptr<Convolution>> cache;
    Workspace workspace;
};

Context& context() {
    static Context c;
    return c;
}

std::unique_ptr<Convolution> make(const Key& key, const dnnl::engine& engine) {
    const bool gradient = key.pass == Pass::backward_weight;
    auto made = std::make_unique<Convolution>();
    static_cast<Primitive&>(*made) = primitive(key.s, key.pass, key.source, key.destination, key.bias, Layout::nhwc, engine);
    made->ours = weights_desc(key.s);
    dnnl::post_ops add;
    if (gradient) add.append_sum(1.f);
    dnnl::primitive_attr accumulate;
    accumulate.set_post_ops(add);
    const Desc &from = gradient ? made->weights : made->ours, &to = gradient ? made->ours : made->weights;
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
        const size_t first = (conv.weights.get_size() + 63) / 64 * 64;
        char* p = c.workspace.bytes(first + conv.scratch.get_size());
        weights = memory(conv.weights, c.engine, p);
        scratch = memory(conv.scratch, c.engine, p + first);
    }
};

memory wrap(const Desc& desc, const dnnl::engine& engine, const void* p) {
    return memory(desc, engine, const_cast<void*>(p));
}

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
    Convolution& conv = find(c, s, Pass::forward, x.type, y.type, bias != nullptr);
    Buffers buffers(c, conv);
    std::unordered_map<int, memory> arguments{{DNNL_ARG_SRC, wrap(conv.source, c.engine, x.p)},
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
    Convolution& conv = find(c, s, Pass::backward_data, dy.type, dx.type, false);
    Buffers buffers(c, conv);
    conv.primitive.execute(c.stream, {{DNNL_ARG_DIFF_DST, wrap(conv.source, c.engine, dy.p)},
                                      {DNNL_ARG_WEIGHTS, weights_for(c, conv, buffers, w)},
                                      {DNNL_ARG_DIFF_SRC, wrap(conv.destination, c.engine, dx.p)},
                                      {DNNL_ARG_SCRATCHPAD, buffers.scratch}});
    c.stream.wait();
}

void backward_weight(const nt_conv2d_shape& s, Source x, Source dy, float* dw) {
    Context& c = context();
    const std::scoped_lock hold(c.lock);
    Convolution& conv = find(c, s, Pass::backward_weight, x.type, x.type, false);
    Buffers buffers(c, conv);
    conv.primitive.execute(c.stream, {{DNNL_ARG_SRC, wrap(conv.source, c.engine, x.p)},
                                      {DNNL_ARG_DIFF_DST, wrap(conv.destination, c.engine, dy.p)},
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
