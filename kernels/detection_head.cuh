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

// The predicted box, in cells.
DEVICE nt::Box<float> predicted_box(const DetectionHead& head, const CellPlace& p) {
    return nt::dfl_box(side_logits(head, p), head.reg_max, p.column, p.row);
}
