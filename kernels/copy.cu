// y = x or y += x, also from one element type to another: what concatenation, split and cast do.
//
// Bytes: x read, y written (adding: read too). Threads: see rows.cuh. Between types of two widths the wider one takes a
// whole 128-bit load, four floats, and the other half of one.
#include "rows.cuh"

// The same type, bits as they are: T is an unsigned of an element's size.
template <class T, int vector>
__global__ void copy_bits(const T* x, int ld_x, T* y, int ld_y, long long rows, int c) {
    const int channel = own_channel<vector>();
    if (channel >= c) return;
    for (long long row = own_row(); row < rows; row += row_step())
        store_pack(y + row * ld_y + channel, load_pack<vector>(x + row * ld_x + channel));
}

template <class X, class Y, int vector>
__global__ void copy(const X* x, int ld_x, Y* y, int ld_y, long long rows, int c, int accumulate) {
    const int channel = own_channel<vector>();
    if (channel >= c) return;
    for (long long row = own_row(); row < rows; row += row_step()) {
        float v[vector];
        load<vector>(x + row * ld_x + channel, v);
        if (accumulate) {
            float sum[vector];
            load<vector>(y + row * ld_y + channel, sum);
UNROLL
            for (int j = 0; j < vector; j++) v[j] += sum[j];
        }
        store<vector>(y + row * ld_y + channel, v);
    }
}

KERNEL(copy_bits<unsigned, 4>) KERNEL(copy_bits<unsigned, 1>)
KERNEL(copy_bits<unsigned short, 8>) KERNEL(copy_bits<unsigned short, 1>)
KERNEL(copy_bits<unsigned char, 16>) KERNEL(copy_bits<unsigned char, 1>)

KERNEL(copy<float, float, 4>) KERNEL(copy<float, float, 1>)
KERNEL(copy<half, half, 8>) KERNEL(copy<half, half, 1>)
KERNEL(copy<bf16, bf16, 8>) KERNEL(copy<bf16, bf16, 1>)
KERNEL(copy<float, half, 4>) KERNEL(copy<float, half, 1>)
KERNEL(copy<half, float, 4>) KERNEL(copy<half, float, 1>)
KERNEL(copy<float, bf16, 4>) KERNEL(copy<float, bf16, 1>)
KERNEL(copy<bf16, float, 4>) KERNEL(copy<bf16, float, 1>)
KERNEL(copy<half, bf16, 8>) KERNEL(copy<half, bf16, 1>)
KERNEL(copy<bf16, half, 8>) KERNEL(copy<bf16, half, 1>)
