// The pixels of a map that a box crops: those in columns x1 ≤ x < x2 and rows y1 ≤ y < y2.
#pragma once
#include "ciou.h"

namespace nt {
struct MaskCrop {
    int x1, y1, x2, y2;  // half open

    // box: in the map's pixels; parts outside the map are cut.
    NT_HD MaskCrop(const Box<float>& box, int h, int w) : x1(edge(box.x1, w)), y1(edge(box.y1, h)), x2(edge(box.x2, w)), y2(edge(box.y2, h)) {}

    NT_HD int width() const { return x2 > x1 ? x2 - x1 : 0; }
    NT_HD int height() const { return y2 > y1 ? y2 - y1 : 0; }
    NT_HD bool contains(int x, int y) const { return x >= x1 && x < x2 && y >= y1 && y < y2; }

private:
    // The first pixel at or after an edge.
    NT_HD static int edge(float at, int extent) {
        if (!(at > 0)) return 0;
        if (at >= static_cast<float>(extent)) return extent;
        const int floor = static_cast<int>(at);
        return floor + (static_cast<float>(floor) < at);
    }
};

// A positive cell's object on the map of prototypes, h×w pixels.
struct MaskInstance {
    MaskCrop crop;
    float weight;  // of a pixel's term: 1 / (pixels of the map · the box's share of the image's area)

    // box: the object's, in pixels of an input of this width and height.
    NT_HD static MaskInstance of(const Box<float>& box, float width, float height, int h, int w) {
        const Box<float> share = {box.x1 / width, box.y1 / height, box.x2 / width, box.y2 / height};
        const float area = (share.x2 - share.x1) * (share.y2 - share.y1);
        const float map_w = static_cast<float>(w), map_h = static_cast<float>(h);
        return {MaskCrop({share.x1 * map_w, share.y1 * map_h, share.x2 * map_w, share.y2 * map_h}, h, w), 1.0f / (static_cast<float>(h * w) * area)};
    }
};
}  // namespace nt
