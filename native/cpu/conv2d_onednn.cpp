// Convolutions by oneDNN over NHWC maps.
// bfloat16 maps are multiplied as such where the processor can (AVX512_BF16, AMX): oneDNN then sums in float. Our float weights are
// rounded as they are brought into its layout; weight gradients are float in both.
#include "conv2d_onednn_cache.h"
#include "conv2d_tile.h"
#include "parallel.h"

#include <algorithm>
#include <unordered_map>
#include <vector>

namespace nt::conv::onednn {
namespace {

// A part of a convolution, and what computes it.
struct Part {
    Convolution& conv;
    int64_t input, output;  // where its numbers begin in the maps
    Buffers buffers;
};

// How a convolution is shared: its units, in how many parts for the pool's threads, and by how many of oneDNN's threads a part.
struct Share {
    int units, parts, threads;
};

// A convolution is cut up into images, or into rows of pixels where each pixel stands alone.
// oneDNN's threads are not those of the pool, which must fall asleep before these find a core, and in a weight gradient they wait for each other
// many times, spinning. So each of the pool's threads computes a part alone; weight gradients are added in order. Only where that would leave
// more than half of the threads without work oneDNN's own share a call; so they do in a weight gradient where threads, and sums to add, are many.
Share share_of(const nt_conv2d_shape& s, Pass pass) {
    constexpr int most_weight_parts = 8;
    const int units = is_pointwise(s) ? s.n * s.h : s.n, threads = thread_count();
    const bool whole = pass == Pass::backward_weight ? threads > most_weight_parts : 2 * units < threads;
    return whole ? Share{units, 1, threads} : Share{units, std::min(threads, units), 1};
}

Convolution& find_part(Context& c, nt_conv2d_shape s, const Share& share, int i, Pass pass, Type source, Type destination, bool bias) {
    const int units = cut(share.units, share.parts, i + 1) - cut(share.units, share.parts, i);
    if (is_pointwise(s)) s.n = 1, s.h = units;
    else s.n = units;
    return find(c, s, pass, source, destination, bias, share.threads);
}

std::vector<Part> parts_of(Context& c, const nt_conv2d_shape& s, Pass pass, Type source, Type destination, bool bias) {
    const Share share = share_of(s, pass);
    std::vector<Convolution*> convolutions;
    size_t bytes = 0;
    for (int i = 0; i < share.parts; i++) {
        convolutions.push_back(&find_part(c, s, share, i, pass, source, destination, bias));
        bytes += Buffers::bytes(*convolutions[i]);
    }
    char* p = c.workspace.bytes(bytes);
    std::vector<Part> parts;
    for (int i = 0; i < share.parts; i++) {
        const int64_t first = cut(share.units, share.parts, i);
        parts.push_back({*convolutions[i], input_size(s) / share.units * first, output_size(s) / share.units * first, Buffers(c, *convolutions[i], p)});
        p += Buffers::bytes(*convolutions[i]);
    }
    return parts;
}

// execute(part, stream) for each part, one on a thread.
template <class Execute>
void run(Context& c, const std::vector<Part>& parts, Execute execute) {
    const Threads own(parts[0].conv.threads);
    parallel_for(parts.size(), [&](int64_t i) {
        dnnl::stream stream(c.engine);
        execute(parts[i], stream);
        stream.wait();
    });
}

// Our weights as a part's primitive wants them.
void put_weights(Context& c, const Part& part, const float* w) {
    memory ours = wrap(part.conv.ours, c.engine, w), weights = part.buffers.weights;
    if (const WeightLayout& layout = part.conv.layout; layout.packs()) {
        constexpr int rows = 16;
        char* packed = static_cast<char*>(weights.get_data_handle());
        return parallel_for((layout.rows() - 1) / rows + 1, [&](int64_t i) { layout.pack(w, i * rows, std::min<int64_t>((i + 1) * rows, layout.rows()), packed); });
    }
    dnnl::stream stream(c.engine);
    part.conv.reorder.execute(stream, ours, weights);
    stream.wait();
}

// The same for all parts, which share them where they have one layout.
void put_weights(Context& c, std::vector<Part>& parts, const float* w) {
    put_weights(c, parts[0], w);
    for (size_t i = 1; i < parts.size(); i++)
        if (parts[i].conv.weights == parts[0].conv.weights) parts[i].buffers.weights = parts[0].buffers.weights;
        else put_weights(c, parts[i], w);
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
    std::vector<Part> parts = parts_of(c, s, Pass::forward, x.type, y.type, bias != nullptr);
    put_weights(c, parts, w);
    run(c, parts, [&](const Part& part, dnnl::stream& stream) {
        std::unordered_map<int, memory> arguments{{DNNL_ARG_SRC, wrap(part.conv.source, c.engine, x.from(part.input).p)},
                                                  {DNNL_ARG_WEIGHTS, part.buffers.weights},
                                                  {DNNL_ARG_DST, wrap(part.conv.destination, c.engine, y.from(part.output).p)},
                                                  {DNNL_ARG_SCRATCHPAD, part.buffers.scratch}};
        if (bias) arguments.emplace(DNNL_ARG_BIAS, wrap(part.conv.bias, c.engine, bias));
        part.conv.primitive.execute(stream, arguments);
    });
}

void backward_data(const nt_conv2d_shape& s, Source dy, const float* w, Target dx) {
    Context& c = context();
    const std::scoped_lock hold(c.lock);
    std::vector<Part> parts = parts_of(c, s, Pass::backward_data, dy.type, dx.type, false);
    put_weights(c, parts, w);
    run(c, parts, [&](const Part& part, dnnl::stream& stream) {
        part.conv.primitive.execute(stream, {{DNNL_ARG_DIFF_DST, wrap(part.conv.source, c.engine, dy.from(part.output).p)},
                                             {DNNL_ARG_WEIGHTS, part.buffers.weights},
                                             {DNNL_ARG_DIFF_SRC, wrap(part.conv.destination, c.engine, dx.from(part.input).p)},
                                             {DNNL_ARG_SCRATCHPAD, part.buffers.scratch}});
    });
}

void backward_weight(const nt_conv2d_shape& s, Source x, Source dy, float* dw) {
    Context& c = context();
    const std::scoped_lock hold(c.lock);
    const std::vector<Part> parts = parts_of(c, s, Pass::backward_weight, x.type, x.type, false);
    run(c, parts, [&](const Part& part, dnnl::stream& stream) {
        part.conv.primitive.execute(stream, {{DNNL_ARG_SRC, wrap(part.conv.source, c.engine, x.from(part.input).p)},
                                             {DNNL_ARG_DIFF_DST, wrap(part.conv.destination, c.engine, dy.from(part.output).p)},
                                             {DNNL_ARG_DIFF_WEIGHTS, part.buffers.weights},
                                             {DNNL_ARG_SCRATCHPAD, part.buffers.scratch}});
    });
    dnnl::stream stream(c.engine);
    for (const Part& part : parts) {
        memory sums = part.buffers.weights, ours = wrap(part.conv.ours, c.engine, dw);
        part.conv.reorder.execute(stream, sums, ours);
    }
    stream.wait();
}

const char* implementation(const nt_conv2d_shape& s, Pass pass, Type type) {
    Context& c = context();
    const std::scoped_lock hold(c.lock);
    return find_part(c, s, share_of(s, pass), 0, pass, type, type, false).name.c_str();  // the cache never drops an entry
}

}  // namespace nt::conv::onednn
