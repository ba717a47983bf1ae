// Convolutions by oneDNN over NHWC maps.
// bfloat16 maps are multiplied as such where the processor can (AVX512_BF16, AMX): oneDNN then sums in float, and the
// reorders round our float weights on the way in and leave weight gradients in float on the way out.
#include "conv2d_onednn_cache.h"
#include "conv2d_tile.h"
#include "parallel.h"

#include <algorithm>
#include <unordered_map>
#include <vector>

namespace nt::conv::onednn {
namespace {

// Our weights as the primitive wants them.
memory weights_for(Context& c, Convolution& conv, Buffers& buffers, const float* w) {
    memory ours = wrap(conv.ours, c.engine, w);
    conv.reorder.execute(c.stream, ours, buffers.weights);
    return buffers.weights;
}

// A weight gradient is a sum over images. oneDNN's threads share it, and wait for each other many times in it, spinning: where
// another thread wants a core, most of the time goes there (a bf16 step beside other work took 5 to 20 times as long). So each
// thread sums some of the images alone, by a primitive of one thread, and the sums are added in order.
// With many threads, and many sums, oneDNN's way is the better one.
constexpr int most_weight_parts = 8;

int weight_parts(const nt_conv2d_shape& s) {
    const int threads = omp_get_max_threads();
    return threads <= most_weight_parts ? std::min(threads, s.n) : 1;
}

struct WeightPart {
    Convolution& conv;
    int first;      // image
    size_t offset;  // of its buffers
};

// What sums this many of the images.
Convolution& weight_part(Context& c, nt_conv2d_shape s, int images, Type type) {
    const int threads = images == s.n ? omp_get_max_threads() : 1;
    s.n = images;
    return find(c, s, Pass::backward_weight, type, type, false, threads);
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
    const int count = weight_parts(s);
    std::vector<WeightPart> parts;
    size_t bytes = 0;
    for (int i = 0; i < count; i++) {
        const int first = cut(s.n, count, i), images = cut(s.n, count, i + 1) - first;
        Convolution& conv = weight_part(c, s, images, x.type);
        parts.push_back({conv, first, bytes});
        bytes += Buffers::bytes(conv);
    }
    char* p = c.workspace.bytes(bytes);
    const auto execute = [&](const WeightPart& part) {
        const Buffers buffers(c, part.conv, p + part.offset);
        dnnl::stream stream(c.engine);
        part.conv.primitive.execute(stream, {{DNNL_ARG_SRC, wrap(part.conv.source, c.engine, x.from(input_size(s) / s.n * part.first).p)},
                                             {DNNL_ARG_DIFF_DST, wrap(part.conv.destination, c.engine, dy.from(output_size(s) / s.n * part.first).p)},
                                             {DNNL_ARG_DIFF_WEIGHTS, buffers.weights},
                                             {DNNL_ARG_SCRATCHPAD, buffers.scratch}});
        stream.wait();
    };
    if (count == 1) execute(parts[0]);
    else parallel_for(count, [&](int64_t i) { execute(parts[i]); });
    for (const WeightPart& part : parts) {
        Buffers buffers(c, part.conv, p + part.offset);
        memory ours = wrap(part.conv.ours, c.engine, dw);
        part.conv.reorder.execute(c.stream, buffers.weights, ours);
    }
    c.stream.wait();
}

const char* implementation(const nt_conv2d_shape& s, Pass pass, Type type) {
    Context& c = context();
    const std::scoped_lock hold(c.lock);
    Convolution& conv = pass == Pass::backward_weight ? weight_part(c, s, s.n / weight_parts(s), type) : find(c, s, pass, type, type, false);
    return conv.name.c_str();  // the cache never drops an entry
}

}  // namespace nt::conv::onednn
