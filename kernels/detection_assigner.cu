// The task-aligned assigner (native/cpu/detection_assigner.h says what it does) over a batch, wholly on the device.
//
// Four kernels, each a plain map over cells or objects:
//   detection_truths    the rows of targets, sorted by image and turned into pixels   (a thread a row)
//   detection_boxes     every cell's predicted box                                    (four threads a cell; _v1: one)
//   detection_claim     every object's topk best candidates claim their cells         (a block an object)
//   detection_resolve   who gets a cell, and the best metric and overlap of each      (a thread a cell)
// and detection_loss.cu turns metrics into scores.
//
// Bytes: the 4·reg_max logits of each cell once, ~60 a cell beside them. FLOPs: ~10 a logit, ~100 a candidate.
// Determinism: what cells and objects tell each other goes through whole-number atomics (a count, a maximum), whose result
// does not depend on the order; ties go to the earlier cell and the earlier object, as on the CPU.
#include "detection_assigner.cuh"
#include "math/alignment.h"
#include "math/bce.h"

namespace {
constexpr int claim_threads = 128;

struct Alignment {
    float overlap, metric;
};

// How well cell i suits an object that it is a candidate of; overlap is not above 0 where it does not at all.
DEVICE Alignment align(const Assigner& a, const CellPlace& place, long long i, const Truth& truth) {
    const float overlap = nt::ciou(a.predicted[i], a.angle[i], truth.box, truth.angle);
    if (!(overlap > 0)) return {0, 0};
    const float score = nt::sigmoid(class_logits(a.head, place)[truth.cls]);
    return {overlap, nt::alignment(score, overlap, a.alpha, a.beta)};
}

// Keeps cell i's box, in pixels, and clears what the next kernel counts in.
DEVICE void start_cell(const Assigner& a, long long i, const nt::Box<float>& box) {
    a.predicted[i] = box;
    a.angle[i] = nt::aspect_angle(box);
    a.claims[i] = 0;
    a.claimant[i] = -1;
}

// A candidate as one number: a better metric is greater, of equal ones the earlier cell. 0: none.
using Key = unsigned long long;
DEVICE Key key_of(float metric, int cell) { return metric > 0 ? static_cast<Key>(__float_as_uint(metric)) << 32 | ~static_cast<unsigned>(cell) : 0; }
DEVICE int cell_of(Key key) { return static_cast<int>(~static_cast<unsigned>(key)); }

// Puts a key into its place in a falling list of k, whose last falls out. All lanes of a warp call it.
DEVICE void insert(Key* list, int k, Key key, int lane) {
    // From the end on, so that what moves is still there when its neighbour is due.
    for (int begin = (k - 1) / warp_size * warp_size; begin >= 0; begin -= warp_size) {
        const int i = begin + lane;
        const bool moves = i < k && list[i] < key;
        const Key left = moves && i > 0 ? list[i - 1] : ~Key(0);
        __syncwarp();
        if (moves) list[i] = left > key ? key : left;
        __syncwarp();
    }
}
}  // namespace

// An object's place in the sorted list is the number of objects before it: every thread compares its row with all.
__global__ void detection_truths(Assigner a) {
    const int i = static_cast<int>(global_thread());
    if (i < a.head.pyramid.n) {
        int before = 0, here = 0;
        for (int j = 0; j < a.targets; j++) {
            const float* row = a.target + j * 6;
            const int image = static_cast<int>(row[0]);
            before += nt::is_object(row) && image < i;
            here += nt::is_object(row) && image == i;
        }
        a.of_image[i] = {before, before + here};
    }
    if (i >= a.targets) return;
    const float* mine = a.target + i * 6;
    const int image = static_cast<int>(mine[0]);
    const bool object = nt::is_object(mine);
    int before = 0, row_of_image = 0, objects = 0;
    for (int j = 0; j < a.targets; j++) {
        const float* row = a.target + j * 6;
        const int other = static_cast<int>(row[0]);
        const bool counts = nt::is_object(row);
        objects += counts;
        before += counts == object && (object ? other < image || (other == image && j < i) : j < i);
        row_of_image += other == image && j < i;
    }
    Truth& truth = a.truths[object ? before : objects + before];
    truth.box = nt::target_box(mine, a.head.pyramid.width(), a.head.pyramid.height());
    truth.angle = nt::aspect_angle(truth.box);
    truth.image = object ? image : -1;
    truth.cls = static_cast<int>(mine[1]);
    truth.row = row_of_image;
    a.best_metric[i] = a.best_overlap[i] = 0;
}

__global__ void detection_boxes_v1(Assigner a) {
    const long long i = global_thread();
    if (i >= a.head.pyramid.batch_cells()) return;
    const CellPlace place(a.head.pyramid, i);
    start_cell(a, i, nt::scaled(predicted_box_v1(a.head, place), static_cast<float>(place.stride)));
}

template <int bins>
__global__ void detection_boxes(Assigner a) {
    const long long i = global_thread() / 4, cells = a.head.pyramid.batch_cells();
    const CellPlace place(a.head.pyramid, min(i, cells - 1));
    const nt::Box<float> box = predicted_box<bins>(a.head, place);
    if (i < cells && threadIdx.x % 4 == 0) start_cell(a, i, nt::scaled(box, static_cast<float>(place.stride)));
}

// The block's threads look at `claim_threads` candidates at a time; its first warp keeps the topk best in shared memory.
__global__ void detection_claim(Assigner a) {
    __shared__ Key keys[claim_threads];
    DYNAMIC_SHARED(memory);
    Key* best = reinterpret_cast<Key*>(memory);  // [topk], falling
    const Pyramid& pyramid = a.head.pyramid;
    const int index = static_cast<int>(blockIdx.x), lane = threadIdx.x % warp_size;
    const Truth truth = a.truths[index];
    if (truth.image < 0) return;
    const long long image_cells = static_cast<long long>(truth.image) * pyramid.cells;
    for (int i = threadIdx.x; i < a.topk; i += claim_threads) best[i] = 0;

    for (int l = 0; l < pyramid.levels; l++) {
        const nt::Range columns = nt::centres_between(truth.box.x1, truth.box.x2, pyramid.stride[l], pyramid.w[l]);
        const nt::Range rows = nt::centres_between(truth.box.y1, truth.box.y2, pyramid.stride[l], pyramid.h[l]);
        const int width = columns.end - columns.begin, count = width * (rows.end - rows.begin);
        for (int begin = 0; begin < count; begin += claim_threads) {
            const int i = begin + threadIdx.x;
            Key key = 0;
            if (i < count) {
                const int cell = pyramid.first[l] + (rows.begin + i / width) * pyramid.w[l] + columns.begin + i % width;
                const CellPlace place(pyramid, image_cells + cell);
                key = key_of(align(a, place, image_cells + cell, truth).metric, cell);
            }
            keys[threadIdx.x] = key;
            __syncthreads();
            if (threadIdx.x < warp_size)
                for (int part = 0; part < claim_threads; part += warp_size) {
                    key = keys[part + lane];
                    for (unsigned better = __ballot_sync(full_warp, key > best[a.topk - 1]); better; better &= better - 1) {
                        const Key candidate = __shfl_sync(full_warp, key, __ffs(static_cast<int>(better)) - 1);
                        if (candidate > best[a.topk - 1]) insert(best, a.topk, candidate, lane);
                    }
                }
            __syncthreads();
        }
    }
    __syncthreads();
    for (int i = threadIdx.x; i < a.topk; i += claim_threads) {
        if (best[i] == 0) continue;
        const long long cell = image_cells + cell_of(best[i]);
        atomicAdd(&a.claims[cell], 1);
        atomicMax(&a.claimant[cell], index);
    }
}

// A cell with one claim goes to who claims it, one with several to the object, of all it is a candidate of, that it overlaps
// most. saved[i].score holds the metric until the scores are made of it.
__global__ void detection_resolve(Assigner a) {
    const long long i = global_thread();
    if (i >= a.head.pyramid.batch_cells()) return;
    const int claims = a.claims[i];
    if (claims == 0) {
        a.saved[i] = nt::background();
        a.winner[i] = -1;
        return;
    }
    const CellPlace place(a.head.pyramid, i);
    int winner = a.claimant[i];
    Alignment alignment = {0, 0};
    if (claims == 1) {
        alignment = align(a, place, i, a.truths[winner]);
    } else {
        const nt::Range objects = a.of_image[place.image];
        for (int t = objects.begin; t < objects.end; t++) {
            const nt::Box<float> box = a.truths[t].box;
            if (!nt::centre_between(place.column, place.stride, box.x1, box.x2) || !nt::centre_between(place.row, place.stride, box.y1, box.y2)) continue;
            const Alignment other = align(a, place, i, a.truths[t]);
            if (!(other.overlap > alignment.overlap)) continue;
            alignment = other;
            winner = t;
        }
    }
    const Truth& truth = a.truths[winner];
    a.saved[i] = {truth.box, alignment.metric, static_cast<float>(truth.cls), static_cast<float>(truth.row)};
    a.winner[i] = winner;
    atomicMax(&a.best_metric[winner], __float_as_uint(alignment.metric));
    atomicMax(&a.best_overlap[winner], __float_as_uint(alignment.overlap));
}

KERNEL(detection_truths)
KERNEL(detection_boxes_v1)
KERNEL(detection_boxes<16>)
KERNEL(detection_claim)
KERNEL(detection_resolve)
