// A block of a map with its borders filled in, as floats.
#pragma once
#include "conv2d_image.h"
#include "workspace.h"

#include <algorithm>
#include <cstddef>
#include <cstring>

namespace nt::conv {

// Rows [top, top + rows) × columns [left, left + columns) of an image, perhaps outside of it.
struct Area {
    int top, left, rows, columns;
};

// out [rows][columns][pitch], pitch >= c: the pixels of an area, zeros outside of the image. What lies between c and pitch is left as it is.
inline void copy_window(const Image& image, const Area& area, int pitch, float* out) {
    const int c = image.c, left = area.left;
    const int first = std::clamp(left, 0, image.w), last = std::clamp(left + area.columns, first, image.w);  // the part inside
    const size_t row = size_t(area.columns) * pitch;
    for (int r = 0; r < area.rows; r++, out += row) {
        const int y = area.top + r;
        if (y < 0 || y >= image.h || first == last) {
            std::memset(out, 0, row * sizeof(float));
            continue;
        }
        const size_t before = size_t(first - left) * pitch, inside = size_t(last - first) * pitch;
        const Source from = image.at(y, first);
        std::memset(out, 0, before * sizeof(float));
        if (pitch == c)
            widen(from.type, from.p, inside, out + before);
        else
            for (int p = 0; p < last - first; p++)
                widen(from.type, from.from(int64_t{p} * c).p, c, out + before + size_t(p) * pitch);
        std::memset(out + before + inside, 0, (row - before - inside) * sizeof(float));
    }
}

// The calling thread's room for a window: one for all ways.
inline float* window_room(size_t floats) {
    thread_local Workspace workspace;
    return workspace.floats(floats);
}

}  // namespace nt::conv
