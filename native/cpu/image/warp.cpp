// Affine and perspective warp of an RGB image: every destination pixel reads the source, bilinearly, at the
// inverse-mapped position; what lies outside the source has the fill colour. At the source's border a pixel is either
// blended with the fill colour (as OpenCV's warpAffine does) or cut: the source ends half a pixel beyond its outermost
// centres, up to there its edge pixels go on (as in Pillow's transform).
#include "nativetrain.h"
#include "status.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <stdexcept>

namespace {

constexpr int fraction_bits = 16;              // positions are fixed point with 16 fractional bits
constexpr int weight_bits = 8;                 // of which 8 weigh the neighbours
constexpr int64_t whole_pixel = int64_t{1} << fraction_bits;

struct Image {
    const uint8_t* pixels;
    int h, w;
    uint8_t fill;
    bool cut;

    // How far beyond the outermost pixel centres a position still shows something of the source.
    int64_t margin() const { return cut ? whole_pixel / 2 : whole_pixel; }
};

inline int blend(int p00, int p01, int p10, int p11, int fx, int fy) {
    const int one = 1 << weight_bits;
    const int upper = p00 * (one - fx) + p01 * fx;
    const int lower = p10 * (one - fx) + p11 * fx;
    return (upper * (one - fy) + lower * fy + (1 << (2 * weight_bits - 1))) >> (2 * weight_bits);
}

// Eight bytes hold a pixel, its right neighbour and two bytes more.
typedef uint8_t Bytes8 __attribute__((vector_size(8)));
typedef uint8_t Bytes4 __attribute__((vector_size(4)));
typedef uint16_t Words8 __attribute__((vector_size(16)));
typedef int32_t Ints4 __attribute__((vector_size(16)));

// All four neighbours, and two bytes behind the right ones, lie in the source. Mixes the rows of both columns at
// once, then the columns of all channels at once. Writes four bytes: three of the pixel and one behind it.
inline void sample_inside(const Image& src, int64_t x, int64_t y, uint8_t* out) {
    const int fx = static_cast<int>(x >> (fraction_bits - weight_bits)) & ((1 << weight_bits) - 1);
    const int fy = static_cast<int>(y >> (fraction_bits - weight_bits)) & ((1 << weight_bits) - 1);
    const int one = 1 << weight_bits;
    const size_t stride = static_cast<size_t>(src.w) * 3;
    const uint8_t* p = src.pixels + static_cast<size_t>(y >> fraction_bits) * stride + static_cast<size_t>(x >> fraction_bits) * 3;
    Bytes8 upper, lower;
    std::memcpy(&upper, p, 8);
    std::memcpy(&lower, p + stride, 8);
    const Words8 rows = __builtin_convertvector(upper, Words8) * static_cast<uint16_t>(one - fy) +
                        __builtin_convertvector(lower, Words8) * static_cast<uint16_t>(fy);
    const Ints4 left = __builtin_convertvector(__builtin_shufflevector(rows, rows, 0, 1, 2, 3), Ints4);
    const Ints4 right = __builtin_convertvector(__builtin_shufflevector(rows, rows, 3, 4, 5, 6), Ints4);
    const Ints4 sum = (left * (one - fx) + right * fx + (1 << (2 * weight_bits - 1))) >> (2 * weight_bits);
    const Bytes4 pixel = __builtin_convertvector(sum, Bytes4);
    std::memcpy(out, &pixel, 4);
}

// Any position that shows something of the source; neighbours outside count as fill, or are the edge's pixels.
inline void sample_anywhere(const Image& src, int64_t x, int64_t y, uint8_t* out) {
    const int64_t ix = x >> fraction_bits, iy = y >> fraction_bits;
    const int fx = static_cast<int>(x >> (fraction_bits - weight_bits)) & ((1 << weight_bits) - 1);
    const int fy = static_cast<int>(y >> (fraction_bits - weight_bits)) & ((1 << weight_bits) - 1);
    const auto pixel = [&](int64_t py, int64_t px, int c) -> int {
        if (src.cut) {
            px = std::clamp<int64_t>(px, 0, src.w - 1);
            py = std::clamp<int64_t>(py, 0, src.h - 1);
        }
        const bool outside = px < 0 || py < 0 || px >= src.w || py >= src.h;
        return outside ? src.fill : src.pixels[(static_cast<size_t>(py) * src.w + static_cast<size_t>(px)) * 3 + c];
    };
    for (int c = 0; c < 3; c++)
        out[c] = static_cast<uint8_t>(blend(pixel(iy, ix, c), pixel(iy, ix + 1, c), pixel(iy + 1, ix, c), pixel(iy + 1, ix + 1, c), fx, fy));
}

struct Range {
    int64_t begin, end;
};

int64_t floor_div(int64_t a, int64_t b) {  // b > 0
    return a >= 0 ? a / b : -((-a + b - 1) / b);
}

// Narrows r to the x with low <= start + x·step < high; an empty range stays where r began.
void clip(Range& r, int64_t start, int64_t step, int64_t low, int64_t high) {
    if (step == 0) {
        if (start < low || start >= high) r.end = r.begin;
        return;
    }
    int64_t first, last;  // inclusive
    if (step > 0) {
        first = floor_div(low - start + step - 1, step);
        last = floor_div(high - 1 - start, step);
    } else {
        first = floor_div(start - high + 1 - step - 1, -step);
        last = floor_div(start - low, -step);
    }
    const int64_t begin = std::max(r.begin, first), end = std::min(r.end, last + 1);
    r = begin < end ? Range{begin, end} : Range{r.begin, r.begin};
}

void warp_affine(const Image& src, uint8_t* dst, int dh, int dw, const double* m) {
    const double one = static_cast<double>(whole_pixel);
    const int64_t dx = std::llrint(m[0] * one), dy = std::llrint(m[3] * one);
    for (int y = 0; y < dh; y++) {
        const int64_t sx = std::llrint((m[1] * y + m[2]) * one), sy = std::llrint((m[4] * y + m[5]) * one);
        // `touched` reads at least one source pixel, `inside` (a part of it) only source pixels: both are one range
        // of the row, as the row is a straight line through the source. The last columns of source and destination
        // are left to the careful path, for the spare bytes that the quick one reads and writes.
        Range touched{0, dw};
        clip(touched, sx, dx, -src.margin(), (src.w - 1) * whole_pixel + src.margin());
        clip(touched, sy, dy, -src.margin(), (src.h - 1) * whole_pixel + src.margin());
        Range inside = touched;
        clip(inside, sx, dx, 0, (src.w - 2) * whole_pixel);
        clip(inside, sy, dy, 0, (src.h - 1) * whole_pixel);
        inside.end = std::min<int64_t>(inside.end, dw - 1);
        if (inside.begin >= inside.end) inside = {touched.end, touched.end};

        uint8_t* row = dst + static_cast<size_t>(y) * dw * 3;
        std::memset(row, src.fill, static_cast<size_t>(touched.begin) * 3);
        for (int64_t x = touched.begin; x < inside.begin; x++) sample_anywhere(src, sx + x * dx, sy + x * dy, row + 3 * x);
        for (int64_t x = inside.begin; x < inside.end; x++) sample_inside(src, sx + x * dx, sy + x * dy, row + 3 * x);
        for (int64_t x = inside.end; x < touched.end; x++) sample_anywhere(src, sx + x * dx, sy + x * dy, row + 3 * x);
        std::memset(row + 3 * touched.end, src.fill, static_cast<size_t>(dw - touched.end) * 3);
    }
}

void warp_perspective(const Image& src, uint8_t* dst, int dh, int dw, const double* m) {
    const double margin = static_cast<double>(src.margin()) / static_cast<double>(whole_pixel);
    for (int y = 0; y < dh; y++) {
        for (int x = 0; x < dw; x++) {
            const double w = m[6] * x + m[7] * y + m[8];
            const double sx = (m[0] * x + m[1] * y + m[2]) / w;
            const double sy = (m[3] * x + m[4] * y + m[5]) / w;
            uint8_t* out = dst + (static_cast<size_t>(y) * dw + x) * 3;
            // Behind the horizon (w <= 0), or outside (also not-a-number): the fill colour.
            if (w > 0 && sx > -margin && sy > -margin && sx < src.w - 1 + margin && sy < src.h - 1 + margin)
                sample_anywhere(src, std::llrint(sx * whole_pixel), std::llrint(sy * whole_pixel), out);
            else
                std::memset(out, src.fill, 3);
        }
    }
}

}  // namespace

int nt_image_warp(const uint8_t* src, int h, int w, uint8_t* dst, int dh, int dw, const double* inverse, int perspective, uint8_t fill, int cut) {
    return nt::guarded("nt_image_warp", [&] {
        if (h < 1 || w < 1 || dh < 1 || dw < 1) throw std::invalid_argument("an image needs at least one pixel");
        // Fixed point holds positions up to 2^46; beyond 2^30 nothing can lie in an image anyway.
        for (int i = 0; i < 9; i++)
            if (!(std::fabs(inverse[i]) < 1 << 30)) throw std::invalid_argument("the matrix is not finite or far too large");
        const Image image{src, h, w, fill, cut != 0};
        if (perspective)
            warp_perspective(image, dst, dh, dw, inverse);
        else
            warp_affine(image, dst, dh, dw, inverse);
    });
}
