// Copies an RGB image into another one, cutting what lies outside.
#include "nativetrain.h"
#include "status.h"

#include <algorithm>
#include <cstring>

int nt_image_paste(const uint8_t* src, int sh, int sw, uint8_t* dst, int dh, int dw, int y, int x) {
    return nt::guarded("nt_image_paste", [&] {
        const int x0 = std::max(x, 0), x1 = std::min(x + sw, dw);
        const int y0 = std::max(y, 0), y1 = std::min(y + sh, dh);
        if (x0 >= x1) return;
        for (int row = y0; row < y1; row++)
            std::memcpy(dst + (static_cast<size_t>(row) * dw + x0) * 3, src + (static_cast<size_t>(row - y) * sw + (x0 - x)) * 3,
                        static_cast<size_t>(x1 - x0) * 3);
    });
}
