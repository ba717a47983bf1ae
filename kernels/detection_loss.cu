// Loss of an anchor-free detection head (native/cpu/detection_loss.cpp has its formulas), after detection_assigner.cu.
//
// Forward: detection_scores makes target scores of the assigner's metrics and sums the terms of the cells that learn an
// object; detection_background sums softplus over all class logits; detection_total adds up what their blocks left.
// Backward: detection_score_sum and detection_scale find the factor of all gradients, detection_class_backward runs over
// the class logits, detection_box_backward over the sides of the cells that learn an object.
// Bytes: forward reads the class logits once, backward reads them and reads and writes their gradients; the boxes count little.
// FLOPs: about 40 a class logit, for an exponential and a logarithm.
// Threads: one a cell, one for 16 class logits forward (256 apart: a warp reads neighbours), back one a class logit or, where
// nc allows, for four side by side, one a side.
// Determinism: a thread's few terms in float, the block's and the blocks' in double and in order; how many logits a block
// takes does not depend on the device.
#include "detection_assigner.cuh"
#include "math/bce.h"

namespace {
constexpr int threads = 256;
constexpr int logits_per_thread = 16;
}  // namespace

// One block's sums over the cells that learn an object.
struct Terms {
    double score, box, cls, dfl;
};

__global__ void detection_scores(Assigner a, Terms* of_block) {
    __shared__ double partial[threads / warp_size];
    const DetectionHead& head = a.head;
    const long long i = global_thread();
    Terms terms = {};
    if (i < head.pyramid.batch_cells() && a.winner[i] >= 0) {
        const int winner = a.winner[i];
        nt::CellTarget t = a.saved[i];
        t.score = t.score / (__uint_as_float(a.best_metric[winner]) + 1e-9f) * __uint_as_float(a.best_overlap[winner]);
        a.saved[i].score = t.score;

        const CellPlace place(head.pyramid, i);
        const float to_cells = 1.f / static_cast<float>(place.stride);
        const nt::Box<float> target = nt::scaled(t.box, to_cells);
        const float* x = side_logits(head, place);
        float distance[4], dfl = 0;
        nt::distances(target, place.column, place.row, distance);
UNROLL
        for (int side = 0; side < 4; side++) dfl += nt::dfl(x + side * head.reg_max, head.reg_max, distance[side]);
        terms.score = t.score;
        terms.box = t.score * (1.f - nt::ciou(nt::scaled(a.predicted[i], to_cells), target));
        terms.cls = -class_logits(head, place)[static_cast<int>(t.cls)] * t.score;
        terms.dfl = t.score * dfl / 4;
    }
    terms.score = block_sum<threads>(terms.score, partial);
    terms.box = block_sum<threads>(terms.box, partial);
    terms.cls = block_sum<threads>(terms.cls, partial);
    terms.dfl = block_sum<threads>(terms.dfl, partial);
    if (threadIdx.x == 0) of_block[blockIdx.x] = terms;
}

// Σ softplus(x), what the class logits cost if they all are background: blockIdx.y is the level.
__global__ void detection_background(DetectionHead head, double* of_block) {
    __shared__ double partial[threads / warp_size];
    const int l = static_cast<int>(blockIdx.y);
    const long long count = static_cast<long long>(head.pyramid.n) * head.pyramid.h[l] * head.pyramid.w[l] * head.nc;
    const long long begin = static_cast<long long>(blockIdx.x) * threads * logits_per_thread + threadIdx.x;
    float sum = 0;
    for (int j = 0; j < logits_per_thread; j++)
        if (const long long i = begin + j * threads; i < count) sum += nt::softplus(head.cls[l][i]);
    const double total = block_sum<threads>(static_cast<double>(sum), partial);
    if (threadIdx.x == 0) of_block[static_cast<long long>(blockIdx.y) * gridDim.x + blockIdx.x] = total;
}

// One block. items: the three terms with their gains; loss: their sum times n.
__global__ void detection_total(const Terms* terms, int term_blocks, const double* background, int background_blocks, float box_gain, float cls_gain, float dfl_gain,
                                int n, float* items, float* loss) {
    __shared__ double partial[threads / warp_size];
    Terms sum = {};
    for (int i = threadIdx.x; i < term_blocks; i += threads) {
        sum.score += terms[i].score;
        sum.box += terms[i].box;
        sum.cls += terms[i].cls;
        sum.dfl += terms[i].dfl;
    }
    for (int i = threadIdx.x; i < background_blocks; i += threads) sum.cls += background[i];
    sum.score = block_sum<threads>(sum.score, partial);
    sum.box = block_sum<threads>(sum.box, partial);
    sum.cls = block_sum<threads>(sum.cls, partial);
    sum.dfl = block_sum<threads>(sum.dfl, partial);
    if (threadIdx.x != 0) return;
    const double normalizer = sum.score > 1 ? sum.score : 1;
    const double box = box_gain * sum.box / normalizer, cls = cls_gain * sum.cls / normalizer, dfl = dfl_gain * sum.dfl / normalizer;
    items[0] = static_cast<float>(box);
    items[1] = static_cast<float>(cls);
    items[2] = static_cast<float>(dfl);
    loss[0] = static_cast<float>((box + cls + dfl) * n);
}

__global__ void detection_score_sum(const nt::CellTarget* saved, long long cells, double* of_block) {
    __shared__ double partial[threads / warp_size];
    const long long i = global_thread();
    const double sum = block_sum<threads>(i < cells ? static_cast<double>(saved[i].score) : 0, partial);
    if (threadIdx.x == 0) of_block[blockIdx.x] = sum;
}

// One block: what every gradient is multiplied by beside its gain.
__global__ void detection_scale(const double* scores, int blocks, const float* dloss, int n, float* scale) {
    __shared__ double partial[threads / warp_size];
    double sum = 0;
    for (int i = threadIdx.x; i < blocks; i += threads) sum += scores[i];
    sum = block_sum<threads>(sum, partial);
    if (threadIdx.x == 0) scale[0] = static_cast<float>(static_cast<double>(dloss[0]) * n / (sum > 1 ? sum : 1));
}

// blockIdx.y is the level.
template <int vector>
__global__ void detection_class_backward(DetectionHead head, const nt::CellTarget* saved, const float* scale, float gain) {
    const int l = static_cast<int>(blockIdx.y), packs = head.nc / vector, level_cells = head.pyramid.h[l] * head.pyramid.w[l];
    const long long pixels = static_cast<long long>(head.pyramid.n) * level_cells;
    const float factor = scale[0] * gain;
    for (long long i = global_thread(); i < pixels * packs; i += global_threads()) {
        const long long pixel = i / packs;
        const int c = static_cast<int>(i % packs) * vector;
        const nt::CellTarget& t = saved[pixel / level_cells * head.pyramid.cells + head.pyramid.first[l] + pixel % level_cells];
        const int learned = static_cast<int>(t.cls) - c;
        float x[vector], dx[vector];
        load<vector>(head.cls[l] + pixel * head.nc + c, x);
        load<vector>(head.cls_grad[l] + pixel * head.nc + c, dx);
UNROLL
        for (int j = 0; j < vector; j++) dx[j] += factor * nt::bce_gradient(x[j], j == learned ? t.score : 0.f);
        store<vector>(head.cls_grad[l] + pixel * head.nc + c, dx);
    }
}

__global__ void detection_box_backward(DetectionHead head, const nt::CellTarget* saved, const float* scale, float box_gain, float dfl_gain) {
    const long long thread = global_thread(), i = thread / 4;
    if (i >= head.pyramid.batch_cells()) return;
    const nt::CellTarget t = saved[i];
    if (!t.positive()) return;
    const int side = static_cast<int>(thread % 4);
    const CellPlace place(head.pyramid, i);
    const nt::Box<float> target = nt::scaled(t.box, 1.f / static_cast<float>(place.stride));
    const nt::Box<float> d = nt::ciou_gradient(predicted_box_v1(head, place), target);
    float distance[4];
    nt::distances(target, place.column, place.row, distance);
    // 1 − CIoU falls as CIoU rises; left and top distances move x1 and y1 the other way.
    const float by_ciou = scale[0] * box_gain * t.score, by_dfl = scale[0] * dfl_gain * t.score / 4;
    const float by_distance = by_ciou * (side == 0 ? d.x1 : side == 1 ? d.y1 : side == 2 ? -d.x2 : -d.y2);
    const float to_side = side == 0 ? distance[0] : side == 1 ? distance[1] : side == 2 ? distance[2] : distance[3];
    const long long at = place.pixel * 4 * head.reg_max + side * head.reg_max;
    nt::dfl_backward(head.box[place.level] + at, head.reg_max, to_side, by_distance, by_dfl, head.box_grad[place.level] + at);
}

KERNEL(detection_scores)
KERNEL(detection_background)
KERNEL(detection_total)
KERNEL(detection_score_sum)
KERNEL(detection_scale)
KERNEL(detection_class_backward<1>)
KERNEL(detection_class_backward<4>)
KERNEL(detection_box_backward)
