// What a cell of a detection head is to learn, from the rows of targets: image, class, centre x, centre y, width, height,
// the last four as parts of the input's width and height.
#pragma once
#include "ciou.h"

namespace nt {
// One row of DetectionLossArgs.Saved.
struct CellTarget {
    Box<float> box;  // pixels
    float score;
    float cls;       // −1: background
    float row;       // the object's row among the image's targets, −1: background
    NT_HD bool positive() const { return cls >= 0; }
};
static_assert(sizeof(CellTarget) == 7 * sizeof(float));

NT_HD inline CellTarget background() { return {{0, 0, 0, 0}, 0, -1, -1}; }

// Rows without width or height mark no object.
NT_HD inline bool is_object(const float* row) { return !(row[4] == 0 && row[5] == 0); }

// A row's box in pixels.
NT_HD inline Box<float> target_box(const float* row, float width, float height) {
    const float x = row[2] * width, y = row[3] * height, half_w = row[4] * width / 2, half_h = row[5] * height / 2;
    return {x - half_w, y - half_h, x + half_w, y + half_h};
}

// Whether the centre of a level's row or column i lies between a and b.
NT_HD inline bool centre_between(int i, int stride, float a, float b) {
    constexpr float margin = 1e-9f;
    const float centre = (static_cast<float>(i) + 0.5f) * static_cast<float>(stride);
    return centre - a > margin && b - centre > margin;
}

struct Range {
    int begin, end;  // half open
};

// The rows or columns, of `count`, for which that is so. The division may err by one: begin and end are moved to where it holds.
NT_HD inline Range centres_between(float a, float b, int stride, int count) {
    const auto before = [=](float edge) {
        const float i = edge / static_cast<float>(stride) - 0.5f;
        return i > 0 ? (i < static_cast<float>(count) ? static_cast<int>(i) : count) : 0;
    };
    const int first = before(a), last = before(b) + 2;
    Range r = {first, last < first ? first : last < count ? last : count};
    while (r.begin < r.end && !centre_between(r.begin, stride, a, b)) r.begin++;
    while (r.end > r.begin && !centre_between(r.end - 1, stride, a, b)) r.end--;
    return r;
}

// From the centre of cell (column, row) to the sides of a box in cells: left, top, right, bottom.
NT_HD inline void distances(const Box<float>& b, int column, int row, float* distance) {
    const float cx = static_cast<float>(column) + 0.5f, cy = static_cast<float>(row) + 0.5f;
    distance[0] = cx - b.x1;
    distance[1] = cy - b.y1;
    distance[2] = b.x2 - cx;
    distance[3] = b.y2 - cy;
}
}  // namespace nt
