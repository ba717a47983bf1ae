// Resamples a window of an RGB image with a triangle filter that is as wide as the scale asks for: bilinear where the
// picture grows, an average over all covered pixels where it shrinks, so that fine patterns do not alias. What lies
// outside the window has no part in it. Along one axis, for scale = window/size and width = max(scale, 1):
//   c = (i + ½)·scale,   out[i] = Σ_x in[x]·w(x) / Σ_x w(x),   w(x) = max(0, 1 − |x + ½ − c| / width)
// First along the rows, then along the columns, with 8 bits between and weights of 22 bits.
#include "nativetrain.h"
#include "status.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <vector>

namespace {

constexpr int weight_bits = 22;

// Each destination position mixes `count` source positions from `first` on; the weights of all follow one another.
struct Filter {
    struct Span {
        int first, count, weights;
    };
    std::vector<Span> spans;
    std::vector<int32_t> weights;

    Filter(int source, int destination) {
        const double scale = static_cast<double>(source) / destination, width = std::max(scale, 1.0);
        std::vector<double> exact;
        for (int i = 0; i < destination; i++) {
            const double centre = (i + 0.5) * scale;
            const int first = std::max(0, static_cast<int>(centre - width + 0.5));
            const int end = std::min(source, static_cast<int>(centre + width + 0.5));
            double sum = 0;
            exact.clear();
            for (int x = first; x < end; x++) {
                exact.push_back(std::max(0.0, 1.0 - std::abs(x + 0.5 - centre) / width));
                sum += exact.back();
            }
            spans.push_back({first, end - first, static_cast<int>(weights.size())});
            for (const double w : exact) weights.push_back(static_cast<int32_t>(std::lround(w / sum * (1 << weight_bits))));
        }
    }
};

inline uint8_t rounded(int32_t sum) { return static_cast<uint8_t>(std::clamp((sum + (1 << (weight_bits - 1))) >> weight_bits, 0, 255)); }

void mix_along_row(const uint8_t* row, const Filter& filter, uint8_t* out) {
    for (const auto& span : filter.spans) {
        const uint8_t* p = row + static_cast<size_t>(span.first) * 3;
        const int32_t* w = &filter.weights[span.weights];
        int32_t r = 0, g = 0, b = 0;
        for (int k = 0; k < span.count; k++, p += 3) {
            r += p[0] * w[k];
            g += p[1] * w[k];
            b += p[2] * w[k];
        }
        out[0] = rounded(r);
        out[1] = rounded(g);
        out[2] = rounded(b);
        out += 3;
    }
}

void mix_rows(const uint8_t* first, const int32_t* weights, int count, int n, std::vector<int32_t>& sum, uint8_t* out) {
    std::fill(sum.begin(), sum.end(), 0);
    for (int k = 0; k < count; k++) {
        const uint8_t* row = first + static_cast<size_t>(k) * n;
        const int32_t w = weights[k];
#pragma omp simd
        for (int i = 0; i < n; i++) sum[i] += row[i] * w;
    }
#pragma omp simd
    for (int i = 0; i < n; i++) out[i] = rounded(sum[i]);
}

}  // namespace

int nt_image_resample(const uint8_t* src, int h, int w, int top, int left, int rows, int columns, uint8_t* dst, int dh, int dw) {
    return nt::guarded("nt_image_resample", [&] {
        if (top < 0 || left < 0 || rows < 1 || columns < 1 || top > h - rows || left > w - columns || dh < 1 || dw < 1)
            throw std::invalid_argument("the window is not inside the image, or is empty");
        const Filter across(columns, dw), down(rows, dh);
        const int n = 3 * dw;
        std::vector<uint8_t> mixed(static_cast<size_t>(rows) * n);
        for (int y = 0; y < rows; y++)
            mix_along_row(src + (static_cast<size_t>(top + y) * w + left) * 3, across, mixed.data() + static_cast<size_t>(y) * n);
        std::vector<int32_t> sum(n);
        for (int y = 0; y < dh; y++) {
            const auto& span = down.spans[y];
            mix_rows(mixed.data() + static_cast<size_t>(span.first) * n, &down.weights[span.weights], span.count, n, sum, dst + static_cast<size_t>(y) * n);
        }
    });
}
