// oneDNN's primitives, made once per (shape, pass, types, bias, threads) and kept; all share one workspace.
// oneDNN chooses its own weight layout; OHWI weights are brought into it at each call (they are small), and weight gradients are
// reordered back, adding to what is there.
#pragma once
#include "conv2d_onednn.h"
#include "conv2d_onednn_weights.h"
#include "workspace.h"

#include <map>
#include <memory>
#include <mutex>
#include <tuple>

namespace nt::conv::onednn {

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

// A primitive with what puts our weights into oneDNN's layout (or gradients back): a reorder, which the name tells, or our own.
struct Convolution : Primitive {
    dnnl::reorder reorder;
    WeightLayout layout;
    Desc ours;
    int threads;  // of oneDNN, that it was made for
};

// The lock is held while a primitive runs: a convolution uses every thread anyway.
struct Context {
    std::mutex lock;
    dnnl::engine engine{dnnl::engine::kind::cpu, 0};
    std::map<Key, std::unique_ptr<Convolution>> cache;
    Workspace workspace;
};

Context& context();

// What computes this pass, for so many threads; made where it is asked for the first time. The caller holds the lock.
Convolution& find(Context& c, const nt_conv2d_shape& s, Pass pass, Type source, Type destination, bool bias, int threads);

inline memory wrap(const Desc& desc, const dnnl::engine& engine, const void* p) { return memory(desc, engine, const_cast<void*>(p)); }

// Memory holds the weights in oneDNN's layout, then the primitive's scratch.
struct Buffers {
    memory weights, scratch;

    static size_t rounded(size_t bytes) { return (bytes + 63) / 64 * 64; }
    static size_t bytes(const Convolution& conv) { return rounded(conv.weights.get_size()) + rounded(conv.scratch.get_size()); }

    Buffers(Context& c, const Convolution& conv, char* p)
        : weights(conv.weights, c.engine, p), scratch(conv.scratch, c.engine, p + rounded(conv.weights.get_size())) {}
};

}  // namespace nt::conv::onednn
