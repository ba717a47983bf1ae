// Maximum over k×k windows. Padding never wins; NaN always does (as in PyTorch).
//
// The maximum of a window is the maximum over its rows of each row's maximum, so the columns are reduced
// first, once for all windows that share a row: 2·k comparisons an output instead of k². A row's first
// maximum and the first row that attains the window's maximum give the first maximum in row-major order.
#include "nativetrain.h"
#include "parallel.h"
#include "status.h"
#include "workspace.h"

#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

constexpr int tile = 32;        // channels a task takes
constexpr int most_kernel = 15;  // wide and high: argmax, a place in the window, is a byte

struct Window {
    int n, h, w, c, kernel, stride, pad;
    int out(int extent) const { return (extent + 2 * pad - kernel) / stride + 1; }
    int tiles() const { return (c + tile - 1) / tile; }
    void check() const {
        if (kernel < 1 || kernel > most_kernel) throw std::invalid_argument("the window must be 1 to " + std::to_string(most_kernel) + " wide");
        if (stride < 1 || pad < 0 || 2 * pad > kernel) throw std::invalid_argument("stride must be positive, padding at most half the window");
        if (h + 2 * pad < kernel || w + 2 * pad < kernel) throw std::invalid_argument("the window is larger than the padded map");
    }
};

// Where `value` beats `best`, keeps it and its index.
inline void keep_greater(float value, int index, float& best, int& best_index) {
    const bool wins = (value > best) | (value != value);
    best_index = wins ? index : best_index;
    best = wins ? value : best;
}

// Per column window and channel of one image row: maximum and its column in the window.
void reduce_columns(const Window& s, const float* x, int ld_x, int channels, float* best, int* column) {
    for (int ow = 0; ow < s.out(s.w); ow++, best += tile, column += tile) {
        std::fill_n(best, tile, -std::numeric_limits<float>::infinity());
        const int left = ow * s.stride - s.pad;
        const int begin = std::max(0, -left), end = std::min(s.kernel, s.w - left);
        std::fill_n(column, tile, begin);
        for (int k = begin; k < end; k++) {
            const float* at = x + static_cast<int64_t>(left + k) * ld_x;
#pragma omp simd
            for (int c = 0; c < channels; c++) keep_greater(at[c], k, best[c], column[c]);
        }
    }
}

}  // namespace

int nt_max_pool_forward(int type, const void* x, int ld_x, void* y, int ld_y, uint8_t* argmax, int n, int h, int w, int c, int kernel, int stride, int pad) {
    return nt::guarded("nt_max_pool_forward", [&] {
        const Window s{n, h, w, c, kernel, stride, pad};
        s.check();
        const nt::Source source(type, x);
        const nt::Target target(type, y);
        const int oh = s.out(h), ow = s.out(w);
        nt::parallel_for(static_cast<int64_t>(n) * s.tiles(), [&](int64_t task) {
            const int64_t image = task / s.tiles();
            const int first = static_cast<int>(task % s.tiles()) * tile, channels = std::min(tile, c - first);
            const int64_t row_size = static_cast<int64_t>(ow) * tile;
            thread_local std::vector<float> row_best;
            thread_local std::vector<int> row_column;
            row_best.resize(h * row_size);
            row_column.resize(h * row_size);
            thread_local nt::Workspace converted;
            float* pixels = converted.floats(source.is_float() ? 0 : static_cast<size_t>(w) * channels);
            for (int r = 0; r < h; r++) {
                const nt::Source row = source.from((image * h + r) * w * ld_x + first);
                const float* at = row.is_float() ? row.floats() : row.rows(0, w, channels, ld_x, pixels);
                reduce_columns(s, at, row.is_float() ? ld_x : channels, channels, &row_best[r * row_size], &row_column[r * row_size]);
            }

            for (int i = 0; i < oh; i++) {
                const int top = i * stride - pad;
                const int begin = std::max(0, -top), end = std::min(kernel, h - top);
                for (int j = 0; j < ow; j++) {
                    float best[tile];
                    int index[tile];
                    const int64_t cell = (top + begin) * row_size + static_cast<int64_t>(j) * tile;
                    for (int k = 0; k < tile; k++) best[k] = row_best[cell + k];
                    for (int k = 0; k < tile; k++) index[k] = begin * kernel + row_column[cell + k];
                    for (int r = begin + 1; r < end; r++) {
                        const float* value = &row_best[cell + (r - begin) * row_size];
                        const int* column = &row_column[cell + (r - begin) * row_size];
#pragma omp simd
                        for (int k = 0; k < tile; k++) keep_greater(value[k], r * kernel + column[k], best[k], index[k]);
                    }
                    const int64_t pixel = (image * oh + i) * ow + j;
                    target.write(pixel * ld_y + first, channels, best);
                    if (argmax)
                        for (int k = 0; k < channels; k++) argmax[pixel * c + first + k] = static_cast<uint8_t>(index[k]);
                }
            }
        });
    });
}

// An image and a tile of channels belong to one task, so windows that overlap never meet in two threads. Of a 16-bit
// map the task sums in float and rounds once.
int nt_max_pool_backward(int type, const void* dy, int ld_dy, const uint8_t* argmax, void* dx, int ld_dx, int n, int h, int w, int c, int kernel, int stride, int pad, int accumulate) {
    return nt::guarded("nt_max_pool_backward", [&] {
        const Window s{n, h, w, c, kernel, stride, pad};
        s.check();
        const nt::Source gradient(type, dy);
        const nt::Target target(type, dx);
        const int oh = s.out(h), ow = s.out(w);
        nt::parallel_for(static_cast<int64_t>(n) * s.tiles(), [&](int64_t task) {
            const int64_t image = task / s.tiles();
            const int first = static_cast<int>(task % s.tiles()) * tile, channels = std::min(tile, c - first);
            const nt::Target part = target.from(image * h * w * ld_dx + first);
            const int64_t cells = static_cast<int64_t>(h) * w, ld = part.is_float() ? ld_dx : channels;
            int64_t place[most_kernel * most_kernel];  // from a window's first pixel to each of its pixels
            for (int k = 0; k < kernel * kernel; k++) place[k] = (int64_t{k / kernel} * w + k % kernel) * ld;
            thread_local nt::Workspace sums;
            float* to = part.is_float() ? part.floats() : sums.floats(cells * channels);
            if (!accumulate)
                for (int64_t i = 0; i < cells; i++) std::fill_n(to + i * ld, channels, 0.f);
            else if (!part.is_float())
                for (int64_t i = 0; i < cells; i++) nt::widen(part.type, part.from(i * ld_dx).p, channels, to + i * ld);
            for (int i = 0; i < oh; i++)
                for (int j = 0; j < ow; j++) {
                    const int64_t pixel = (image * oh + i) * ow + j;
                    float buffer[tile];
                    const float* g = gradient.read(pixel * ld_dy + first, channels, buffer);
                    const uint8_t* index = argmax + pixel * c + first;
                    const int64_t window = (static_cast<int64_t>(i * stride - pad) * w + j * stride - pad) * ld;
                    for (int k = 0; k < channels; k++) to[window + place[index[k]] + k] += g[k];
                }
            if (!part.is_float()) part.write_rows(0, cells, channels, ld_dx, to);
        });
    });
}
