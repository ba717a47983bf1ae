// The pixels of a map that a box crops: those in columns x1 ≤ x < x2 and rows y1 ≤ y < y2.
#pragma once
#include <algorithm>
#include <cmath>

#include "ciou.h"

namespace nt {
struct MaskCrop {
    int x1, y1, x2, y2;  // half open

    // box: in the map's pixels; parts outside the map are cut.
    MaskCrop(const Box<float>& box, int h, int w) : x1(edge(box.x1, w)), y1(edge(box.y1, h)), x2(edge(box.x2, w)), y2(edge(box.y2, h)) {}

    int width() const { return std::max(x2 - x1, 0); }

private:
    static int edge(float at, int extent) {
        return at > 0 ? static_cast<int>(std::ceil(std::min(at, static_cast<float>(extent)))) : 0;
    }
};

// x[i] = prototypes of pixel i · coefficients, for `count` pixels in a row.
inline void mask_logits(const float* prototype, const float* coefficient, int k, int count, float* x) {
    for (int i = 0; i < count; i++) {
        const float* p = prototype + static_cast<int64_t>(i) * k;
        float dot = 0;
#pragma omp simd reduction(+ : dot)
        for (int j = 0; j < k; j++) dot += p[j] * coefficient[j];
        x[i] = dot;
    }
}
}  // namespace nt
