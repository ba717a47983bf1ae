// Bilinear resize of an RGB image, to the last bit as OpenCV's INTER_LINEAR for 8-bit pixels, on which published
// detectors were trained and measured: half-pixel centres, no antialiasing, weights of 11 bits.
//   horizontal:  s = (a0·p[x0] + a1·p[x1]) >> 4,           a0 + a1 = 2^11, so s < 2^15
//   vertical:    d = (b0·s[y0] >> 16) + (b1·s[y1] >> 16) + 2 >> 2
#include "nativetrain.h"
#include "status.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <stdexcept>
#include <vector>

namespace {

struct Tap {
    int32_t first, second;     // source positions
    int16_t weight0, weight1;  // of 2048
};

// Which two source positions each destination position mixes. A weight of the row direction keeps its fraction
// beyond the border (both taps are then the border row), a weight of the column direction drops it: the sum is the same.
std::vector<Tap> taps(int source, int destination) {
    std::vector<Tap> all(destination);
    const double scale = 1.0 / (static_cast<double>(destination) / source);
    for (int i = 0; i < destination; i++) {
        float f = static_cast<float>((i + 0.5) * scale - 0.5);
        const int at = static_cast<int>(std::floor(f));
        f -= static_cast<float>(at);
        Tap& t = all[i];
        t.first = std::clamp(at, 0, source - 1);
        t.second = std::clamp(at + 1, 0, source - 1);
        t.weight0 = static_cast<int16_t>(std::lrint((1.f - f) * 2048.f));
        t.weight1 = static_cast<int16_t>(std::lrint(f * 2048.f));
    }
    return all;
}

void mix_columns(const uint8_t* row, const std::vector<Tap>& columns, int16_t* out) {
    for (const Tap& t : columns) {
        const uint8_t* p = row + t.first;
        const uint8_t* q = row + t.second;
        out[0] = static_cast<int16_t>((p[0] * t.weight0 + q[0] * t.weight1) >> 4);
        out[1] = static_cast<int16_t>((p[1] * t.weight0 + q[1] * t.weight1) >> 4);
        out[2] = static_cast<int16_t>((p[2] * t.weight0 + q[2] * t.weight1) >> 4);
        out += 3;
    }
}

void mix_rows(const int16_t* upper, const int16_t* lower, int16_t b0, int16_t b1, uint8_t* out, int n) {
#pragma omp simd
    for (int i = 0; i < n; i++) {
        const int16_t high = static_cast<int16_t>((upper[i] * b0) >> 16);
        const int16_t low = static_cast<int16_t>((lower[i] * b1) >> 16);
        out[i] = static_cast<uint8_t>(static_cast<int16_t>(high + low + 2) >> 2);
    }
}

// Halving mixes 2×2 pixels with equal weights; the general formula gives (a + b + c + d + 2) >> 2 exactly.
void halve(const uint8_t* src, int w, uint8_t* dst, int dh, int dw) {
    std::vector<uint16_t> sum(3 * w);
    for (int y = 0; y < dh; y++) {
        const uint8_t* upper = src + static_cast<size_t>(2 * y) * w * 3;
        const uint8_t* lower = upper + 3 * w;
#pragma omp simd
        for (int i = 0; i < 3 * w; i++) sum[i] = static_cast<uint16_t>(upper[i] + lower[i] + 1);
        uint8_t* out = dst + static_cast<size_t>(y) * dw * 3;
        for (int x = 0; x < dw; x++)
            for (int c = 0; c < 3; c++)
                out[3 * x + c] = static_cast<uint8_t>((sum[6 * x + c] + sum[6 * x + 3 + c]) >> 2);
    }
}

}  // namespace

int nt_image_resize(const uint8_t* src, int h, int w, uint8_t* dst, int dh, int dw) {
    return nt::guarded("nt_image_resize", [&] {
        if (h < 1 || w < 1 || dh < 1 || dw < 1) throw std::invalid_argument("an image needs at least one pixel");
        if (h == dh && w == dw) {
            std::memcpy(dst, src, static_cast<size_t>(h) * w * 3);
            return;
        }
        if (h == 2 * dh && w == 2 * dw) {
            halve(src, w, dst, dh, dw);
            return;
        }
        std::vector<Tap> columns = taps(w, dw);
        for (Tap& t : columns) t.first *= 3, t.second *= 3;
        const std::vector<Tap> rows = taps(h, dh);

        // Two mixed source rows at a time; a row that the next destination row needs again is kept.
        std::vector<int16_t> buffer[2] = {std::vector<int16_t>(3 * dw), std::vector<int16_t>(3 * dw)};
        int held[2] = {-1, -1};
        for (int y = 0; y < dh; y++) {
            const Tap& t = rows[y];
            if (held[1] == t.first) {
                std::swap(buffer[0], buffer[1]);
                std::swap(held[0], held[1]);
            }
            const int wanted[2] = {t.first, t.second};
            for (int k = 0; k < 2; k++) {
                if (held[k] == wanted[k]) continue;
                mix_columns(src + static_cast<size_t>(wanted[k]) * w * 3, columns, buffer[k].data());
                held[k] = wanted[k];
            }
            mix_rows(buffer[0].data(), buffer[1].data(), t.weight0, t.weight1, dst + static_cast<size_t>(y) * dw * 3, 3 * dw);
        }
    });
}
