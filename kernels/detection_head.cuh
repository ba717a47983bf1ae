// The maps of a detection head.
#pragma once
#include "math/cell_target.h"
#include "math/dfl.h"
#include "pyramid.cuh"

// Passed to kernels by value; src/NativeTrain.Cuda/Ops/DetectionHead.cs fills the same struct.
struct DetectionHead {
    const float *box[most_levels], *cls[most_levels];      // logits [n,h,w,4·reg_max] and [n,h,w,nc]
    float *box_grad[most_levels], *cls_grad[most_levels];  // backward: added to
    Pyramid pyramid;
    int nc, reg_max;
};

// Logits of a cell's four sides and of its classes.
DEVICE const float* side_logits(const DetectionHead& head, const CellPlace& p) { return head.box[p.level] + p.pixel * 4 * head.reg_max; }
DEVICE const float* class_logits(const DetectionHead& head, const CellPlace& p) { return head.cls[p.level] + p.pixel * head.nc; }

// A cell's predicted box, in cells, by one thread.
DEVICE nt::Box<float> predicted_box_v1(const DetectionHead& head, const CellPlace& p) {
    return nt::dfl_box(side_logits(head, p), head.reg_max, p.column, p.row);
}

// The same by four neighbouring threads, one a side, which all get it: a warp reads the logits of its eight cells in a row, a
// thread those of its side, which lie at a multiple of 16 bytes, by fours. All lanes of a warp call it.
template <int bins>
DEVICE nt::Box<float> predicted_box(const DetectionHead& head, const CellPlace& p) {
    const int side = threadIdx.x % 4;
    float x[bins];
    load_floats(side_logits(head, p) + side * bins, x);
    const float distance = nt::DflSums<float>(x, bins).expectation();
    const auto of_side = [=](int s) { return __shfl_sync(full_warp, distance, s, 4); };
    const float left = of_side(0), top = of_side(1), right = of_side(2), bottom = of_side(3);
    return nt::box_around(p.column, p.row, left, top, right, bottom);
}
