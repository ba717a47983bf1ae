// Maximum over k×k windows. Padding never wins; NaN always does (as in PyTorch). argmax [N,OH,OW,C] keeps where the first
// maximum stood in its window, row·k + column, as one byte.
//
// Bytes: x once from memory (its k² reads an output are the caches' business), y and argmax written; back, dy and argmax
// read, dx written. FLOPs: k² comparisons an output.
// Threads: see rows.cuh, over the outputs forward and over the inputs back: an input looks which of the windows that hold
// it chose it, and adds their dy in the order of the windows, so that no two threads write to one place.
#include "rows.cuh"

struct MaxPoolShape {
    int n, h, w, c, oh, ow, kernel, stride, pad;
};

template <class T, int vector>
__global__ void max_pool_forward(MaxPoolShape s, const T* x, int ld_x, T* y, int ld_y, unsigned char* argmax) {
    const int channel = own_channel<vector>(), pixels = s.n * s.oh * s.ow;
    if (channel >= s.c) return;
    for (long long pixel = own_row(); pixel < pixels; pixel += row_step()) {
        const int p = static_cast<int>(pixel), column = p % s.ow, line = p / s.ow, image = line / s.oh;
        const int top = line % s.oh * s.stride - s.pad, left = column * s.stride - s.pad;
        const int row_begin = max(0, -top), row_end = min(s.kernel, s.h - top);
        const int column_begin = max(0, -left), column_end = min(s.kernel, s.w - left);
        float best[vector];
        int index[vector];
UNROLL
        for (int j = 0; j < vector; j++) {
            best[j] = -__int_as_float(0x7f800000);  // infinity
            index[j] = row_begin * s.kernel + column_begin;
        }
        for (int r = row_begin; r < row_end; r++)
            for (int k = column_begin; k < column_end; k++) {
                const long long at = (static_cast<long long>(image) * s.h + top + r) * s.w + left + k;
                float v[vector];
                load<vector>(x + at * ld_x + channel, v);
UNROLL
                for (int j = 0; j < vector; j++) {
                    const bool wins = v[j] > best[j] || v[j] != v[j];
                    best[j] = wins ? v[j] : best[j];
                    index[j] = wins ? r * s.kernel + k : index[j];
                }
            }
        store<vector>(y + pixel * ld_y + channel, best);
        if (argmax) {
            Pack<unsigned char, vector> places;
UNROLL
            for (int j = 0; j < vector; j++) places.v[j] = static_cast<unsigned char>(index[j]);
            store_pack(argmax + pixel * s.c + channel, places);
        }
    }
}

namespace {
// Of the outputs along an axis, those whose window holds `at`: from begin up to end.
struct Windows {
    int begin, end;

    DEVICE Windows(int at, int outputs, int kernel, int stride, int pad) {
        const int first = at + pad - kernel + 1;  // the least start of such a window, counted from the padding's begin
        begin = first > 0 ? (first + stride - 1) / stride : 0;
        end = min(outputs, (at + pad) / stride + 1);
    }
};
}  // namespace

template <class T, int vector>
__global__ void max_pool_backward(MaxPoolShape s, const T* dy, int ld_dy, const unsigned char* argmax, T* dx, int ld_dx, int accumulate) {
    const int channel = own_channel<vector>(), pixels = s.n * s.h * s.w;
    if (channel >= s.c) return;
    for (long long pixel = own_row(); pixel < pixels; pixel += row_step()) {
        const int p = static_cast<int>(pixel), column = p % s.w, line = p / s.w, row = line % s.h, image = line / s.h;
        const Windows down(row, s.oh, s.kernel, s.stride, s.pad), across(column, s.ow, s.kernel, s.stride, s.pad);
        float sum[vector] = {};
        if (accumulate) load<vector>(dx + pixel * ld_dx + channel, sum);
        for (int i = down.begin; i < down.end; i++)
            for (int k = across.begin; k < across.end; k++) {
                const long long output = (static_cast<long long>(image) * s.oh + i) * s.ow + k;
                const int place = (row + s.pad - i * s.stride) * s.kernel + column + s.pad - k * s.stride;
                const auto chosen = load_pack<vector>(argmax + output * s.c + channel);
                float g[vector];
                load<vector>(dy + output * ld_dy + channel, g);
UNROLL
                for (int j = 0; j < vector; j++) sum[j] += chosen.v[j] == place ? g[j] : 0.f;
            }
        store<vector>(dx + pixel * ld_dx + channel, sum);
    }
}

KERNEL_VECTORS(max_pool_forward)
KERNEL_VECTORS(max_pool_backward)
