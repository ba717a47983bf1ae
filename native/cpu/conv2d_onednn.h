// oneDNN's convolution primitives of our shapes: used by conv2d_onednn.cpp, and alone by conv2d_library.cpp.
#pragma once
#include "conv2d.h"

#include <dnnl.hpp>
#include <omp.h>

#include <string>

namespace nt::conv::onednn {

using dnnl::memory;
using Desc = memory::desc;

// Of the maps. `any`: oneDNN's choice, often blocks of 8 or 16 channels; of the weights it is oneDNN's choice always.
enum class Layout { nhwc, any };

// While it lives, as many threads of oneDNN's own share a call of this thread, and primitives are made for so many; else one.
struct Threads {
    explicit Threads(int count) { omp_set_num_threads(count); }
    ~Threads() { omp_set_num_threads(1); }
};

struct Primitive {
    dnnl::primitive primitive;
    Desc source, destination, weights, bias, scratch;  // backward data: source dy, destination dx; backward weight: source x, destination dy
    std::string name;
};

// source, destination: the types of the map read (backward weight: of both maps) and of the one written.
Primitive primitive(const nt_conv2d_shape& s, Pass pass, Type source, Type destination, bool bias, Layout layout, const dnnl::engine& engine);

}  // namespace nt::conv::onednn
