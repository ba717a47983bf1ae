// Colour jitter in hue, saturation and value, with OpenCV's 8-bit ranges: H 0…179 (two degrees a step), S and V 0…255.
//   V = max(R,G,B),  S = 255·(V − min)/V,  H = 30·((G−B) | (B−R) + 2·diff | (R−G) + 4·diff)/diff   for V = R | G | B
// and back, for channel offset n = 5 (R), 3 (G), 1 (B):
//   k = (n + H/30) mod 6,  channel = V − V·S·max(0, min(k, 4 − k, 1))
// Written without branches, over blocks of planar floats, so that every line is a vector instruction.
#include "nativetrain.h"
#include "status.h"

#include <algorithm>
#include <cmath>

namespace {

constexpr int block_pixels = 256;

// By value: std::min and std::max pass references, which keeps the compiler from vectorising.
inline float lower(float a, float b) { return a < b ? a : b; }
inline float higher(float a, float b) { return a > b ? a : b; }

inline float round_half_up(float v) { return std::floor(v + 0.5f); }

inline float channel(float n, float sector, float v, float vs) {
    float k = n + sector;
    k -= k >= 6.f ? 6.f : 0.f;
    const float ramp = higher(0.f, lower(lower(k, 4.f - k), 1.f));
    return v - vs * ramp;
}

void jitter(float* r, float* g, float* b, float hue, float saturation, float value) {
#pragma omp simd
    for (int i = 0; i < block_pixels; i++) {
        const float red = r[i], green = g[i], blue = b[i];
        const float v = higher(higher(red, green), blue);
        const float diff = v - lower(lower(red, green), blue);
        const float s = round_half_up(255.f * diff / higher(v, 1.f));
        const float from_blue = red - green + 4.f * diff;
        const float from_green = blue - red + 2.f * diff;
        const float from_red = green - blue;
        const float numerator = v == red ? from_red : v == green ? from_green : from_blue;
        float h = round_half_up(30.f * numerator / higher(diff, 1.f));
        h += h < 0.f ? 180.f : 0.f;

        h = h * hue;
        h = std::floor(h - 180.f * std::floor(h * (1.f / 180.f)));
        const float new_s = std::floor(lower(s * saturation, 255.f));
        const float new_v = std::floor(lower(v * value, 255.f));

        const float sector = h * (1.f / 30.f);
        const float vs = new_v * new_s * (1.f / 255.f);
        r[i] = channel(5.f, sector, new_v, vs);
        g[i] = channel(3.f, sector, new_v, vs);
        b[i] = channel(1.f, sector, new_v, vs);
    }
}

void block(uint8_t* p, int n, float hue, float saturation, float value) {
    alignas(64) float r[block_pixels] = {}, g[block_pixels] = {}, b[block_pixels] = {};
    for (int i = 0; i < n; i++) {
        r[i] = p[3 * i];
        g[i] = p[3 * i + 1];
        b[i] = p[3 * i + 2];
    }
    jitter(r, g, b, hue, saturation, value);
    for (int i = 0; i < n; i++) {
        p[3 * i] = static_cast<uint8_t>(static_cast<int>(r[i] + 0.5f));
        p[3 * i + 1] = static_cast<uint8_t>(static_cast<int>(g[i] + 0.5f));
        p[3 * i + 2] = static_cast<uint8_t>(static_cast<int>(b[i] + 0.5f));
    }
}

}  // namespace

int nt_image_hsv(uint8_t* image, int64_t pixels, float hue, float saturation, float value) {
    return nt::guarded("nt_image_hsv", [&] {
        hue = std::max(hue, 0.f), saturation = std::max(saturation, 0.f), value = std::max(value, 0.f);
        for (int64_t i = 0; i < pixels; i += block_pixels)
            block(image + 3 * i, static_cast<int>(std::min<int64_t>(block_pixels, pixels - i)), hue, saturation, value);
    });
}
