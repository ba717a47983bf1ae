// Describes a convolution to oneDNN.
#include "conv2d_onednn.h"

namespace nt::conv::onednn {
namespace {

memory::data_type onednn_type(Type type) { return type == Type::bf16 ? memory::data_type::bf16 : memory::data_type::f32; }

Desc map_desc(Type type, int n, int c, int h, int w, Layout layout) {
    return Desc({n, c, h, w}, onednn_type(type), layout == Layout::any ? memory::format_tag::any : memory::format_tag::nhwc);
}

Desc any_weights_desc(const nt_conv2d_shape& s, Type type) {
    const memory::dim i = s.ic / s.groups, o = s.oc / s.groups;
    const memory::dims dims = s.groups == 1 ? memory::dims{o, i, s.kh, s.kw} : memory::dims{s.groups, o, i, s.kh, s.kw};
    return Desc(dims, onednn_type(type), memory::format_tag::any);
}

}  // namespace

Primitive primitive(const nt_conv2d_shape& s, Pass pass, Type reads, Type writes, bool bias, Layout layout, const dnnl::engine& engine) {
    const bool data = pass == Pass::backward_data, gradient = pass == Pass::backward_weight;
    const auto input = [&](Type type) { return map_desc(type, s.n, s.ic, s.h, s.w, layout); };
    const auto output = [&](Type type) { return map_desc(type, s.n, s.oc, output_height(s), output_width(s), layout); };
    const Desc x = input(data ? writes : reads), y = output(data || gradient ? reads : writes);
    const Desc w = any_weights_desc(s, gradient ? Type::f32 : reads);
    const memory::dims stride{s.stride, s.stride}, pad{s.pad, s.pad};
    constexpr auto direct = dnnl::algorithm::convolution_direct;
    dnnl::primitive_attr attr;
    attr.set_scratchpad_mode(dnnl::scratchpad_mode::user);

    const Desc b = bias ? Desc({s.oc}, memory::data_type::f32, memory::format_tag::x) : Desc();
    // What a backward pass belongs to: all operands of the type read.
    const Desc hint_y = pass == Pass::forward ? y : output(reads);
    const auto forward_desc = dnnl::convolution_forward::primitive_desc(
        {dnnl::prop_kind::forward_training, direct, input(reads), any_weights_desc(s, reads), b, hint_y, stride, pad, pad}, attr, engine);

    if (pass == Pass::forward)
        return {dnnl::convolution_forward(forward_desc), forward_desc.src_desc(), forward_desc.dst_desc(), forward_desc.weights_desc(), b,
                forward_desc.scratchpad_desc(), forward_desc.impl_info_str()};
    if (data) {
        const auto desc = dnnl::convolution_backward_data::primitive_desc({direct, x, w, y, stride, pad, pad}, attr, engine, forward_desc);
        return {dnnl::convolution_backward_data(desc), desc.diff_dst_desc(), desc.diff_src_desc(), desc.weights_desc(), b, desc.scratchpad_desc(), desc.impl_info_str()};
    }
    const auto desc = dnnl::convolution_backward_weights::primitive_desc({direct, x, w, y, stride, pad, pad}, attr, engine, forward_desc);
    return {dnnl::convolution_backward_weights(desc), desc.src_desc(), desc.diff_dst_desc(), desc.diff_weights_desc(), b, desc.scratchpad_desc(), desc.impl_info_str()};
}

}  // namespace nt::conv::onednn
