// Mirrors an RGB image in place, left-right and/or up-down.
#include "nativetrain.h"
#include "status.h"

#include <algorithm>

int nt_image_flip(uint8_t* image, int h, int w, int horizontal, int vertical) {
    return nt::guarded("nt_image_flip", [&] {
        const size_t stride = static_cast<size_t>(w) * 3;
        if (vertical)
            for (int y = 0; y < h / 2; y++)
                std::swap_ranges(image + y * stride, image + (y + 1) * stride, image + (h - 1 - y) * stride);
        if (horizontal)
            for (int y = 0; y < h; y++) {
                uint8_t* left = image + y * stride;
                uint8_t* right = left + stride - 3;
                for (; left < right; left += 3, right -= 3)
                    for (int c = 0; c < 3; c++) std::swap(left[c], right[c]);
            }
    });
}
