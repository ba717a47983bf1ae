// What the mask loss works on.
#pragma once
#include "math/cell_target.h"
#include "math/mask_crop.h"
#include "pyramid.cuh"

struct Instances;

// Passed to kernels by value; src/NativeTrain.Cuda/Ops/MaskMaps.cs fills the same struct.
struct MaskMaps {
    const float* coefficient[most_levels];  // [n,h,w,k]
    float* coefficient_grad[most_levels];   // backward: added to
    const float* prototype;                 // [n,ph,pw,k]
    float* prototype_grad;                  // backward: added to
    const int* mask;                        // [n,ph,pw]: 0 background, j + 1 the image's target j
    const nt::CellTarget* assigned;         // [n, cells]
    Pyramid pyramid;
    int k, ph, pw;
    float gain;

    DEVICE float scale(const Instances& list, float dloss) const;  // of every gradient
};

// A cell that is to learn an object.
struct Instance {
    nt::MaskInstance on_map;
    int value;  // that marks the object's pixels
    const float* coefficient;
    float* coefficient_grad;

    DEVICE float target(int mask) const { return mask == value ? 1.f : 0.f; }
};

// The instances of every image in their cells' order, in scratch memory.
struct Instances {
    Instance* list;  // [n, cells]: an image's first `count`
    int* count;      // [n]

    DEVICE Instance* of(const MaskMaps& m, int image) const { return list + static_cast<long long>(image) * m.pyramid.cells; }

    // Calls body(instance) for those of the block's image whose box holds the pixel.
    template <class Body>
    DEVICE void for_each_at(const MaskMaps& m, int x, int y, Body&& body) const {
        const int image = static_cast<int>(blockIdx.y);
        for (int i = 0; i < count[image]; i++)
            if (const Instance& o = of(m, image)[i]; o.on_map.crop.contains(x, y)) body(o);
    }

    // How many there are in the batch, but at least 1.
    DEVICE double at_least_one(int n) const {
        long long sum = 0;
        for (int image = 0; image < n; image++) sum += count[image];
        return static_cast<double>(sum > 0 ? sum : 1);
    }
};

DEVICE float MaskMaps::scale(const Instances& list, float dloss) const {
    return static_cast<float>(static_cast<double>(dloss) * pyramid.n * gain / list.at_least_one(pyramid.n));
}
