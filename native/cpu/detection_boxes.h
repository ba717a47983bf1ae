// The boxes that an image's cells predict. Only those of cells inside an object's box are ever asked for, so a box is
// computed when it first is.
#pragma once
#include <vector>

#include "detection_cells.h"
#include "dfl.h"

namespace nt {
class PredictedBoxes {
public:
    struct Predicted {
        Box<float> box;  // pixels
        float angle;     // its aspect_angle
    };

    // logits[l]: the image's [h,w,4·bins] of level l.
    PredictedBoxes(const CellList& cells, int bins, std::vector<const float*> logits)
        : cells_(cells), bins_(bins), logits_(std::move(logits)), boxes_(cells.total()), known_(cells.total()) {}

    // Of a level's cell.
    const Predicted& at(size_t l, int row, int column) {
        const Level& level = cells_.levels()[l];
        const int in_level = row * level.w + column, cell = level.first + in_level;
        if (!known_[cell]) {
            const Box<float> in_cells = dfl_box(logits_[l] + static_cast<int64_t>(in_level) * 4 * bins_, bins_, column, row);
            const Box<float> box = scaled(in_cells, static_cast<float>(level.stride));
            boxes_[cell] = {box, aspect_angle(box)};
            known_[cell] = 1;
        }
        return boxes_[cell];
    }

private:
    const CellList& cells_;
    int bins_;
    std::vector<const float*> logits_;
    std::vector<Predicted> boxes_;
    std::vector<char> known_;
};
}  // namespace nt
