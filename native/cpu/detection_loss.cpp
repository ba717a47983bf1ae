// Loss of an anchor-free detection head: BCE on every class logit, CIoU and DFL on the boxes of assigned cells.
//
//   cls = gain·Σ bce / S,  box = gain·Σ w·(1 − CIoU) / S,  dfl = gain·Σ w·mean over 4 sides of dfl / S
//   loss = n·(box + cls + dfl)
// w is a cell's target score and S = max(Σ w, 1) over the batch. Boxes are compared in cells (pixels / stride).
// Sums run image by image in double and are added in the images' order, so threads do not change the result.
#include "nativetrain.h"
#include "parallel.h"
#include "status.h"

#include <stdexcept>

#include "bce.h"
#include "detection_assigner.h"
#include "dfl.h"

namespace {
using namespace nt;

// One image's terms, before gains and normalisation.
struct Sums {
    double score = 0, box = 0, cls = 0, dfl = 0;
};

class DetectionLoss {
public:
    explicit DetectionLoss(const nt_detection_loss& a) : a_(a), cells_(a.levels, a.h, a.w, a.stride) {
        require_bins(a.reg_max);
        if (a.n < 1 || a.nc < 1) throw std::invalid_argument("the batch and the classes must be at least 1");
        if (a.topk < 1) throw std::invalid_argument("topk must be at least 1");
    }

    void forward() {
        const std::vector<std::vector<Truth>> truths = truths_by_image();
        std::vector<Sums> sums(a_.n);
        each_image([&](int image) { sums[image] = image_forward(image, truths[image]); });
        Sums total;
        for (const Sums& s : sums) {
            total.score += s.score;
            total.box += s.box;
            total.cls += s.cls;
            total.dfl += s.dfl;
        }
        const double normalizer = std::max(total.score, 1.0);
        const double box = a_.box_gain * total.box / normalizer;
        const double cls = a_.cls_gain * total.cls / normalizer;
        const double dfl = a_.dfl_gain * total.dfl / normalizer;
        a_.items[0] = static_cast<float>(box);
        a_.items[1] = static_cast<float>(cls);
        a_.items[2] = static_cast<float>(dfl);
        a_.loss[0] = static_cast<float>((box + cls + dfl) * a_.n);
    }

    void backward(float dloss, bool accumulate) {
        std::vector<double> score(a_.n);
        each_image([&](int image) {
            for (int cell = 0; cell < cells_.total(); cell++) score[image] += targets(image)[cell].score;
        });
        double sum = 0;
        for (const double s : score) sum += s;
        const float scale = static_cast<float>(static_cast<double>(dloss) * a_.n / std::max(sum, 1.0));
        each_image([&](int image) {
            image_cls_backward(image, scale * a_.cls_gain, accumulate);
            image_box_backward(image, scale, accumulate);
        });
    }

private:
    CellTarget* targets(int image) const {
        return reinterpret_cast<CellTarget*>(a_.saved) + static_cast<int64_t>(image) * cells_.total();
    }
    // Offset of an image's logits in level l's [n,h,w,c].
    int64_t offset(int image, size_t l, int c) const { return static_cast<int64_t>(image) * cells_.levels()[l].cells() * c; }
    int sides() const { return 4 * a_.reg_max; }

    // Runs body(image) for all images on all threads.
    template <class Body>
    void each_image(Body&& body) const {
        parallel_tasks(a_.n, [&](int64_t image) { body(static_cast<int>(image)); });
    }

    std::vector<std::vector<Truth>> truths_by_image() const {
        const float width = static_cast<float>(a_.w[0] * a_.stride[0]), height = static_cast<float>(a_.h[0] * a_.stride[0]);
        std::vector<std::vector<Truth>> truths(a_.n);
        std::vector<int> rows(a_.n);  // so far, of each image
        for (int i = 0; i < a_.targets; i++) {
            const float* row = a_.target + static_cast<int64_t>(i) * 6;
            const size_t image = static_cast<size_t>(row[0]);
            const int index = rows[image]++;
            if (is_object(row)) truths[image].push_back({target_box(row, width, height), static_cast<int>(row[1]), index});
        }
        return truths;
    }

    Sums image_forward(int image, const std::vector<Truth>& truths) const {
        std::vector<const float*> box, cls;
        for (size_t l = 0; l < cells_.levels().size(); l++) {
            box.push_back(a_.box[l] + offset(image, l, sides()));
            cls.push_back(a_.cls[l] + offset(image, l, a_.nc));
        }
        PredictedBoxes predicted(cells_, a_.reg_max, box);
        TaskAlignedAssigner(cells_, a_.nc, a_.topk, a_.alpha, a_.beta).assign(truths, predicted, cls, targets(image));

        Sums s;
        for (size_t l = 0; l < cells_.levels().size(); l++) {
            const Level& level = cells_.levels()[l];
            s.cls += background_bce(cls[l], static_cast<int64_t>(level.cells()) * a_.nc);
            for_positives(image, level, [&](int cell, int column, int row, const CellTarget& t) {
                s.score += t.score;
                s.cls -= static_cast<double>(cls[l][static_cast<int64_t>(cell) * a_.nc + static_cast<int>(t.cls)]) * t.score;
                const float to_cells = 1.0f / level.stride;
                const Box<float> target = scaled(t.box, to_cells);
                s.box += t.score * (1.0 - ciou(scaled(predicted.boxes()[level.first + cell], to_cells), target));
                const float* x = box[l] + static_cast<int64_t>(cell) * sides();
                float distance[4];
                distances(target, column, row, distance);
                for (int side = 0; side < 4; side++) s.dfl += t.score * dfl(x + side * a_.reg_max, a_.reg_max, distance[side]) / 4.0;
            });
        }
        return s;
    }

    // Σ softplus(x): single-precision lanes over short runs, double across runs.
    static double background_bce(const float* x, int64_t count) {
        constexpr int64_t run = 256;
        double sum = 0;
        for (int64_t begin = 0; begin < count; begin += run) {
            const int64_t end = std::min(begin + run, count);
            float part = 0;
#pragma omp simd reduction(+ : part)
            for (int64_t i = begin; i < end; i++) part += softplus(x[i]);
            sum += part;
        }
        return sum;
    }

    void image_cls_backward(int image, float scale, bool accumulate) const {
        for (size_t l = 0; l < cells_.levels().size(); l++) {
            const Level& level = cells_.levels()[l];
            const float* x = a_.cls[l] + offset(image, l, a_.nc);
            float* dx = a_.cls_grad[l] + offset(image, l, a_.nc);
            const int64_t count = static_cast<int64_t>(level.cells()) * a_.nc;
            if (accumulate) {
#pragma omp simd
                for (int64_t i = 0; i < count; i++) dx[i] += scale * bce_gradient(x[i], 0.0f);
            } else {
#pragma omp simd
                for (int64_t i = 0; i < count; i++) dx[i] = scale * bce_gradient(x[i], 0.0f);
            }
            for_positives(image, level, [&](int cell, int, int, const CellTarget& t) {
                dx[static_cast<int64_t>(cell) * a_.nc + static_cast<int>(t.cls)] -= scale * t.score;
            });
        }
    }

    void image_box_backward(int image, float scale, bool accumulate) const {
        for (size_t l = 0; l < cells_.levels().size(); l++) {
            const Level& level = cells_.levels()[l];
            if (!accumulate) std::fill_n(a_.box_grad[l] + offset(image, l, sides()), static_cast<int64_t>(level.cells()) * sides(), 0.0f);
            for_positives(image, level, [&](int cell, int column, int row, const CellTarget& t) {
                const int64_t at = offset(image, l, sides()) + static_cast<int64_t>(cell) * sides();
                const Box<float> target = scaled(t.box, 1.0f / level.stride);
                const Box<float> d = ciou_gradient(dfl_box(a_.box[l] + at, a_.reg_max, column, row), target);
                float distance[4];
                distances(target, column, row, distance);
                // 1 − CIoU falls as CIoU rises; left and top distances move x1 and y1 the other way.
                const float by_ciou = scale * a_.box_gain * t.score, by_dfl = scale * a_.dfl_gain * t.score / 4;
                const float by_distance[4] = {by_ciou * d.x1, by_ciou * d.y1, -by_ciou * d.x2, -by_ciou * d.y2};
                for (int side = 0; side < 4; side++)
                    dfl_backward(a_.box[l] + at + side * a_.reg_max, a_.reg_max, distance[side], by_distance[side], by_dfl, a_.box_grad[l] + at + side * a_.reg_max);
            });
        }
    }

    template <class Body>
    void for_positives(int image, const Level& level, Body&& body) const {
        const CellTarget* t = targets(image) + level.first;
        for (int row = 0, cell = 0; row < level.h; row++)
            for (int column = 0; column < level.w; column++, cell++)
                if (t[cell].positive()) body(cell, column, row, t[cell]);
    }

    const nt_detection_loss& a_;
    CellList cells_;
};
}  // namespace

int nt_detection_loss_forward(const nt_detection_loss* a) {
    return nt::guarded("nt_detection_loss_forward", [&] { DetectionLoss(*a).forward(); });
}

int nt_detection_loss_backward(const nt_detection_loss* a, const float* dloss, int accumulate) {
    return nt::guarded("nt_detection_loss_backward", [&] { DetectionLoss(*a).backward(*dloss, accumulate != 0); });
}
