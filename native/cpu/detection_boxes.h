// The boxes that an image's cells predict. Only those of cells inside an object's box are ever asked for, so a box is
// computed when it first is.
#pragma once
#include <vector>

#include "detection_cells.h"
#include "dfl.h"

namespace nt {
class PredictedBoxes {
public:
    // logits[l]: the image's [h,w,4·bins] of level l.
    PredictedBoxes(const CellList& cells, int bins, std::vector<const float*> logits)
        : cells_(cells), bins_(bins), logits_(std::move(logits)), boxes_(cells.total()), angles_(cells.total()), known_(cells.total()) {}

    // Computes what is not known yet of cells [begin, end) of a level's row.
    void need(size_t l, int row, int begin, int end) {
        for (int column = begin; column < end; column++) {
            const int cell = index(l, row, column);
            if (known_[cell]) continue;
            boxes_[cell] = bins_ == 16 ? predict<16>(l, row, column) : predict<0>(l, row, column);
            angles_[cell] = aspect_angle(boxes_[cell]);
            known_[cell] = 1;
        }
    }

    // In pixels, by cells; `need` comes first.
    const Box<float>* boxes() const { return boxes_.data(); }
    // Their aspect_angle.
    const float* angles() const { return angles_.data(); }

    int index(size_t l, int row, int column) const { return cells_.levels()[l].first + row * cells_.levels()[l].w + column; }

private:
    // The number of bins as a constant, where it is the usual one: a side's logits are then one register, and all is computed in line.
    template <int constant>
    [[gnu::flatten]] Box<float> predict(size_t l, int row, int column) const {
        const int bins = constant ? constant : bins_;
        const Level& level = cells_.levels()[l];
        const float* x = logits_[l] + (static_cast<int64_t>(row) * level.w + column) * 4 * bins;
        return scaled(dfl_box(x, bins, column, row), static_cast<float>(level.stride));
    }

    const CellList& cells_;
    int bins_;
    std::vector<const float*> logits_;
    std::vector<Box<float>> boxes_;
    std::vector<float> angles_;
    std::vector<char> known_;
};
}  // namespace nt
