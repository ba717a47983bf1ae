// What the mask loss works on.
#pragma once
#include "math/cell_target.h"
#include "math/mask_crop.h"
#include "pyramid.cuh"

// A cell that is to learn an object.
struct Instance {
    nt::MaskInstance on_map;
    int value;  // that marks the object's pixels
    const float* coefficient;
    float* coefficient_grad;

    DEVICE float target(int mask) const { return mask == value ? 1.f : 0.f; }
};

// Passed to kernels by value; src/NativeTrain.Cuda/Ops/MaskMaps.cs fills the same struct.
struct MaskMaps {
    const float* coefficient[most_levels];  // [n,h,w,k]
    float* coefficient_grad[most_levels];   // backward: added to
    const float* prototype;                 // [n,ph,pw,k]
    float* prototype_grad;                  // backward: added to
    const int* mask;                        // [n,ph,pw]: 0 background, j + 1 the image's target j
    const nt::CellTarget* assigned;         // [n,cells]
    Instance* instances;                    // [n,cells] scratch: an image's first `count`, in their cells' order
    int* count;                             // [n] scratch
    Pyramid pyramid;
    int k, ph, pw;
    float gain;

    DEVICE Instance* instances_of(int image) const { return instances + static_cast<long long>(image) * pyramid.cells; }

    // Calls body(instance) for those of an image whose box holds the pixel.
    template <class Body>
    DEVICE void for_each_at(int image, int x, int y, Body&& body) const {
        const Instance* list = instances_of(image);
        for (int i = 0; i < count[image]; i++)
            if (list[i].on_map.crop.contains(x, y)) body(list[i]);
    }

    // How many there are in the batch, but at least 1.
    DEVICE double normalizer() const {
        long long sum = 0;
        for (int image = 0; image < pyramid.n; image++) sum += count[image];
        return static_cast<double>(sum > 0 ? sum : 1);
    }

    // Of every gradient.
    DEVICE float scale(float dloss) const { return static_cast<float>(static_cast<double>(dloss) * pyramid.n * gain / normalizer()); }
};
