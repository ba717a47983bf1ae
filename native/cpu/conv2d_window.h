// A block of a map with its borders filled in: rows [top, top+rows) × columns [left, left+columns) of one
// image, zeros where that reaches outside the image.
#pragma once
#include <algorithm>
#include <cstdint>
#include <cstring>

namespace nt::conv {

inline void copy_window(const float* image, int h, int w, int c, int top, int left, int rows, int columns, float* out) {
    const int first = std::clamp(left, 0, w), last = std::clamp(left + columns, first, w);
    const size_t row = size_t(columns) * c;
    for (int r = 0; r < rows; r++, out += row) {
        const int y = top + r;
        if (y < 0 || y >= h || first == last) {
            std::memset(out, 0, row * sizeof(float));
            continue;
        }
        const size_t before = size_t(first - left) * c, inside = size_t(last - first) * c;
        std::memset(out, 0, before * sizeof(float));
        std::memcpy(out + before, image + (size_t(y) * w + first) * c, inside * sizeof(float));
        std::memset(out + before + inside, 0, (row - before - inside) * sizeof(float));
    }
}

}  // namespace nt::conv
