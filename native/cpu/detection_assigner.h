// Task-aligned assigner (Feng et al., "TOOD", ICCV 2021): which cells learn which object of an image.
//
// A cell is a candidate of an object if its centre lies inside the object's box. Every object claims its `topk`
// candidates with the highest metric = scoreᵅ·overlapᵝ; score is the cell's probability of the object's class,
// overlap the CIoU of its predicted box with the object's, not below 0. A cell that several objects claim goes to
// the object, of all it is a candidate of, that it overlaps most. The cell's target score is
//   metric / (best metric of the object's cells + 1e-9) · best overlap of the object's cells.
// Only candidates are visited; what a cell needs to know of all its objects is gathered on the way.
#pragma once
#include <algorithm>
#include <vector>

#include "alignment.h"
#include "bce.h"
#include "detection_boxes.h"

namespace nt {
struct Truth {
    Box<float> box;  // pixels
    int cls;
    int row;         // among the image's rows of targets, from 0
};

class TaskAlignedAssigner {
public:
    TaskAlignedAssigner(const CellList& cells, int nc, int topk, float alpha, float beta)
        : cells_(cells), nc_(nc), topk_(topk), alpha_(alpha), beta_(beta), match_(cells.total()) {}

    // cls[l]: the image's logits [h,w,nc] of level l. out: a row per cell.
    void assign(const std::vector<Truth>& truths, PredictedBoxes& predicted, const std::vector<const float*>& cls, CellTarget* out) {
        match_.assign(cells_.total(), CellMatch{});
        for (size_t t = 0; t < truths.size(); t++) claim(static_cast<int>(t), truths[t], predicted, cls);
        write(truths, out);
    }

private:
    struct Candidate {
        int cell;
        float overlap, metric;
    };
    // An object as a cell sees it.
    struct Match {
        int truth = -1;
        float overlap = 0, metric = 0;
    };
    struct CellMatch {
        Match best;      // the object it overlaps most, of all it is a candidate of
        Match claimant;  // the last object that claimed it
        int claims = 0;
        const Match& winner() const { return claims > 1 ? best : claimant; }
    };

    void claim(int index, const Truth& truth, PredictedBoxes& predicted, const std::vector<const float*>& cls) {
        const Box<float>& b = truth.box;
        const float angle = aspect_angle(b);
        top_.clear();
        for (size_t l = 0; l < cells_.levels().size(); l++) {
            const Level& level = cells_.levels()[l];
            const auto [left, right] = centres_between(b.x1, b.x2, level.stride, level.w);
            const auto [upper, lower] = centres_between(b.y1, b.y2, level.stride, level.h);
            const int count = right - left;
            overlaps_.resize(count);
            scores_.resize(count);
            float *overlaps = overlaps_.data(), *scores = scores_.data();
            for (int row = upper; row < lower; row++) {
                predicted.need(l, row, left, right);
                const int first = predicted.index(l, row, left);
                const Box<float>* boxes = predicted.boxes() + first;
                const float* angles = predicted.angles() + first;
                const float* logits = cls[l] + static_cast<int64_t>(first - level.first) * nc_ + truth.cls;
#pragma omp simd
                for (int i = 0; i < count; i++) {
                    overlaps[i] = ciou(boxes[i], angles[i], b, angle);
                    scores[i] = sigmoid(logits[static_cast<int64_t>(i) * nc_]);
                }
                for (int i = 0; i < count; i++) consider(index, first + i, overlaps[i], scores[i]);
            }
        }
        for (const Candidate& c : top_) {
            match_[c.cell].claims++;
            match_[c.cell].claimant = {index, c.overlap, c.metric};
        }
    }

    // A candidate of an object.
    void consider(int index, int cell, float overlap, float score) {
        if (!(overlap > 0)) return;
        const float metric = alignment(score, overlap, alpha_, beta_);
        if (Match& best = match_[cell].best; overlap > best.overlap) best = {index, overlap, metric};
        if (metric > 0) offer({cell, overlap, metric});
    }

    // Keeps the topk best, in falling order; of equals the earlier cell stays ahead.
    void offer(const Candidate& c) {
        if (static_cast<int>(top_.size()) == topk_) {
            if (!(c.metric > top_.back().metric)) return;
            top_.pop_back();
        }
        const auto behind = std::find_if(top_.begin(), top_.end(), [&](const Candidate& o) { return c.metric > o.metric; });
        top_.insert(behind, c);
    }

    void write(const std::vector<Truth>& truths, CellTarget* out) {
        best_metric_.assign(truths.size(), 0.0f);
        best_overlap_.assign(truths.size(), 0.0f);
        for (const CellMatch& m : match_) {
            if (m.claims == 0) continue;
            const Match& w = m.winner();
            best_metric_[w.truth] = std::max(best_metric_[w.truth], w.metric);
            best_overlap_[w.truth] = std::max(best_overlap_[w.truth], w.overlap);
        }
        for (int cell = 0; cell < cells_.total(); cell++) {
            if (match_[cell].claims == 0) {
                out[cell] = background();
                continue;
            }
            const Match& w = match_[cell].winner();
            const Truth& truth = truths[w.truth];
            const float score = w.metric / (best_metric_[w.truth] + 1e-9f) * best_overlap_[w.truth];
            out[cell] = {truth.box, score, static_cast<float>(truth.cls), static_cast<float>(truth.row)};
        }
    }

    const CellList& cells_;
    int nc_, topk_;
    float alpha_, beta_;
    std::vector<CellMatch> match_;
    std::vector<Candidate> top_;
    std::vector<float> overlaps_, scores_;  // of a row's cells
    std::vector<float> best_metric_, best_overlap_;
};
}  // namespace nt
