#include "conv2d_onednn_cache.h"

namespace nt::conv::onednn {
namespace {

// Our weights, OHWI; with groups the output channels come group by group, so O splits into (G, O/G).
Desc weights_desc(const nt_conv2d_shape& s) {
    const memory::dim i = s.ic / s.groups, o = s.oc / s.groups, row = s.kw * i, filter = s.kh * row;
    if (s.groups == 1) return Desc({o, i, s.kh, s.kw}, memory::data_type::f32, memory::dims{filter, 1, row, i});
    return Desc({s.groups, o, i, s.kh, s.kw}, memory::data_type::f32, memory::dims{o * filter, filter, 1, row, i});
}

std::unique_ptr<Convolution> make(const Key& key, const dnnl::engine& engine) {
    const bool gradient = key.pass == Pass::backward_weight;
    auto made = std::make_unique<Convolution>();
    static_cast<Primitive&>(*made) = primitive(key.s, key.pass, key.source, key.destination, key.bias, Layout::nhwc, engine);
    made->ours = weights_desc(key.s);
    made->threads = key.threads;
    dnnl::post_ops add;
    if (gradient) add.append_sum(1.f);
    dnnl::primitive_attr accumulate;
    accumulate.set_post_ops(add);
    const Desc &from = gradient ? made->weights : made->ours, &to = gradient ? made->ours : made->weights;
    const dnnl::reorder::primitive_desc desc(engine, from, engine, to, accumulate);
    made->reorder = dnnl::reorder(desc);
    if (!gradient) made->layout = WeightLayout(key.s, made->weights);
    if (!made->layout.packs()) made->name += std::string(" + reorder ") + desc.impl_info_str();
    return made;
}

}  // namespace

Context& context() {
    static Context c;
    return c;
}

Convolution& find(Context& c, const nt_conv2d_shape& s, Pass pass, Type source, Type destination, bool bias, int threads) {
    const Key key{s, pass, source, destination, bias, threads};
    auto& entry = c.cache[key];
    if (!entry) {
        const Threads made_for(threads);
        entry = make(key, c.engine);
    }
    return *entry;
}

}  // namespace nt::conv::onednn
