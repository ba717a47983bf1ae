// A block of a map with its borders filled in, as floats: rows [top, top+rows) × columns [left, left+columns) of
// one image, zeros where that reaches outside the image.
#pragma once
#include "element.h"

#include <algorithm>
#include <cstddef>
#include <cstring>

namespace nt::conv {

// out [rows][columns][pitch], pitch >= c; what lies between c and pitch is left as it is.
inline void copy_window(Source image, int h, int w, int c, int top, int left, int rows, int columns, int pitch, float* out) {
    const int first = std::clamp(left, 0, w), last = std::clamp(left + columns, first, w);  // the part inside
    const size_t row = size_t(columns) * pitch;
    for (int r = 0; r < rows; r++, out += row) {
        const int y = top + r;
        if (y < 0 || y >= h || first == last) {
            std::memset(out, 0, row * sizeof(float));
            continue;
        }
        const size_t before = size_t(first - left) * pitch, inside = size_t(last - first) * pitch;
        const Source from = image.from((int64_t{y} * w + first) * c);
        std::memset(out, 0, before * sizeof(float));
        if (pitch == c)
            widen(from.type, from.p, inside, out + before);
        else
            for (int p = 0; p < last - first; p++)
                widen(from.type, from.from(int64_t{p} * c).p, c, out + before + size_t(p) * pitch);
        std::memset(out + before + inside, 0, (row - before - inside) * sizeof(float));
    }
}

}  // namespace nt::conv
