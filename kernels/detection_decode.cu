// From a detection head's logits to boxes and class scores: y [n, Σ h·w, 4+nc] = centre x, centre y, width, height in pixels,
// then the class probabilities.
//
// Bytes: reads every logit once, writes 4+nc numbers a cell. FLOPs: ~10 a logit.
// Threads: a kernel for the boxes with four a cell (_v1: one), and one for the scores with one a class logit, neighbours side by side.
#include "detection_head.cuh"
#include "math/bce.h"

namespace {
DEVICE void store_box(const DetectionHead& head, long long i, const nt::Box<float>& b, int stride, float* y) {
    const float pixels = static_cast<float>(stride);
    float* to = y + i * (4 + head.nc);
    to[0] = (b.x1 + b.x2) / 2 * pixels;
    to[1] = (b.y1 + b.y2) / 2 * pixels;
    to[2] = (b.x2 - b.x1) * pixels;
    to[3] = (b.y2 - b.y1) * pixels;
}
}  // namespace

__global__ void detection_decode_boxes_v1(DetectionHead head, float* y) {
    const long long i = global_thread();
    if (i >= head.pyramid.batch_cells()) return;
    const CellPlace place(head.pyramid, i);
    store_box(head, i, predicted_box_v1(head, place), place.stride, y);
}

template <int bins>
__global__ void detection_decode_boxes(DetectionHead head, float* y) {
    const long long i = global_thread() / 4, cells = head.pyramid.batch_cells();
    const CellPlace place(head.pyramid, min(i, cells - 1));
    const nt::Box<float> box = predicted_box<bins>(head, place);
    if (i < cells && threadIdx.x % 4 == 0) store_box(head, i, box, place.stride, y);
}

__global__ void detection_decode_scores(DetectionHead head, float* y) {
    const long long thread = global_thread(), i = thread / head.nc;
    if (i >= head.pyramid.batch_cells()) return;
    const int c = static_cast<int>(thread % head.nc);
    const CellPlace place(head.pyramid, i);
    y[i * (4 + head.nc) + 4 + c] = nt::sigmoid(class_logits(head, place)[c]);
}

KERNEL(detection_decode_boxes_v1)
KERNEL(detection_decode_boxes<16>)
KERNEL(detection_decode_scores)
