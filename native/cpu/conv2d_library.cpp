// oneDNN's convolution alone: its primitive on memory of its own, without our reorders of weights, our choice between implementations or
// our bias gradient, by its own threads. `bench kernels` times it beside ours.
#include "conv2d_onednn.h"
#include "status.h"
#include "threads.h"

#include <cstring>
#include <random>
#include <stdexcept>
#include <unordered_map>
#include <vector>

namespace nt::conv::onednn {
namespace {

struct Alone {
    const int threads = thread_count();
    dnnl::engine engine{dnnl::engine::kind::cpu, 0};
    dnnl::stream stream{engine};
    Primitive convolution;
    std::unordered_map<int, memory> arguments;

    Alone(const nt_conv2d_shape& s, Pass pass, Type type, Layout layout)
        : convolution((Threads(threads), primitive(s, pass, type, type, false, layout, engine))) {  // the threads are there until it is made
        const bool data = pass == Pass::backward_data, gradient = pass == Pass::backward_weight;
        add(data ? DNNL_ARG_DIFF_DST : DNNL_ARG_SRC, convolution.source);
        add(data ? DNNL_ARG_DIFF_SRC : gradient ? DNNL_ARG_DIFF_DST : DNNL_ARG_DST, convolution.destination);
        add(gradient ? DNNL_ARG_DIFF_WEIGHTS : DNNL_ARG_WEIGHTS, convolution.weights);
        add(DNNL_ARG_SCRATCHPAD, convolution.scratch);
    }

    void run() {
        const Threads own(threads);
        convolution.primitive.execute(stream, arguments);
        stream.wait();
    }

private:
    // Noise in ±1: zeros would let the processor clock higher, and other bytes could be denormal. A row of it, again and again.
    static const std::vector<float>& noise() {
        static const std::vector<float> row = [] {
            std::vector<float> values(65537);
            std::mt19937 random(1);
            std::uniform_real_distribution<float> uniform(-1, 1);
            for (float& v : values) v = uniform(random);
            return values;
        }();
        return row;
    }

    void add(int argument, const Desc& desc) {
        memory m(desc, engine);
        const auto fill = [&](auto* numbers, auto&& of) {
            const size_t count = desc.get_size() / sizeof *numbers;
            for (size_t i = 0, j = static_cast<size_t>(argument); i < count; i++, j++) {
                if (j >= noise().size()) j = 0;
                numbers[i] = of(noise()[j]);
            }
        };
        if (desc.data_type() == memory::data_type::bf16) {
            fill(static_cast<uint16_t*>(m.get_data_handle()), [](float value) {  // the upper half of a float
                uint16_t half;
                std::memcpy(&half, reinterpret_cast<const char*>(&value) + 2, sizeof half);
                return half;
            });
        } else if (desc.data_type() == memory::data_type::f32) {
            fill(static_cast<float*>(m.get_data_handle()), [](float value) { return value; });
        }
        arguments.emplace(argument, m);
    }
};

}  // namespace
}  // namespace nt::conv::onednn

using namespace nt::conv;

int nt_conv2d_library_open(const nt_conv2d_shape* s, int pass, int type, int any_layout, void** out) {
    return nt::guarded("nt_conv2d_library_open", [&] {
        check(*s);
        if (pass < 0 || pass > 2) throw std::invalid_argument("pass must be 0, 1 or 2");
        const nt::Type maps = nt::type_of(type);
        *out = onednn::computes(maps) ? new onednn::Alone(*s, static_cast<Pass>(pass), maps, any_layout ? onednn::Layout::any : onednn::Layout::nhwc) : nullptr;
    });
}

int nt_conv2d_library_run(void* convolution) {
    return nt::guarded("nt_conv2d_library_run", [&] { static_cast<onednn::Alone*>(convolution)->run(); });
}

const char* nt_conv2d_library_name(void* convolution) { return static_cast<onednn::Alone*>(convolution)->convolution.name.c_str(); }

void nt_conv2d_library_close(void* convolution) { delete static_cast<onednn::Alone*>(convolution); }
