// Weight gradient of a depthwise convolution: dw[c,r,t] += Σ over n, p, q of dy[n,p,q,c] · x[n, p·s+r−pad, q·s+t−pad, c].
//
// Bytes: x and dy read once from memory; the KH kernel rows that need a pixel lie in one block and find it in L1.
// FLOPs: 2·KH·KW a number of dy; memory counts, as in the forward pass.
// Threads: no sum crosses channels, so threadIdx.x goes over a block's channels, `vector` each; threadIdx.y over groups of
// `taps` neighbouring taps of a kernel row, whose sums a thread holds in registers; threadIdx.z over the strips
// (`columns` neighbouring pixels of a row of dy) of the block's part of the map. The threads along z add up in order
// through shared memory, the parts in order in a second kernel. The number of parts follows from the shape alone, so
// the bits do not depend on the card.
#include "conv2d_depthwise.cuh"

namespace {

// A pack of a map as operands of type T: a float map beside a 16-bit one is rounded.
template <class T, int N, class X>
DEVICE void load_operands(const X* from, float (&to)[N]) {
    load<N>(from, to);
    if constexpr (sizeof(X) > sizeof(T))
UNROLL
        for (int i = 0; i < N; i++) to[i] = rounded_to<T>(to[i]);
}

}  // namespace

// partial [gridDim.x][KH·KW][C]. taps: 3 (where KW = 3 and the stride is 1) or 1 (any). Shared: taps·vector rows of a float
// a thread, `pitch` floats apart: at least as many as threads, and 32/vector more than a multiple of 32, so that neither
// the threads' stores (one row) nor their loads (neighbouring channels: `vector` rows) meet in a bank.
template <class TX, class TY, int vector, int taps>
__global__ __launch_bounds__(256, 2) void conv2d_depthwise_backward_weight(DepthwiseShape s, const TX* x, const TY* dy, float* partial, int pitch) {
    using T = typename Narrower<TX, TY>::type;
    DYNAMIC_SHARED(memory);
    float* shared = reinterpret_cast<float*>(memory);
    const int channels = blockDim.x * vector, first = blockIdx.y * channels, mine = threadIdx.x * vector;
    const int groups_a_row = s.kw / taps, groups = s.kh * groups_a_row;
    const int group = blockIdx.z * blockDim.y + threadIdx.y, r = group / groups_a_row, t = group % groups_a_row * taps;

    constexpr int columns = depthwise_columns;
    const int strips_a_row = (s.ow + columns - 1) / columns;
    const long long strips = static_cast<long long>(s.n) * s.oh * strips_a_row;
    const long long begin = strips * blockIdx.x / gridDim.x, end = strips * (blockIdx.x + 1) / gridDim.x;
    float sum[taps][vector] = {};
    if (first + mine < s.c && group < groups)
        for (long long strip = begin + threadIdx.z; strip < end; strip += blockDim.z) {
            const long long row = strip / strips_a_row, n = row / s.oh;
            const int q0 = static_cast<int>(strip % strips_a_row) * columns;
            const int in_row = static_cast<int>(row % s.oh) * s.stride + r - s.pad_h;
            if (in_row < 0 || in_row >= s.h) continue;
            const TX* in = x + (n * s.h + in_row) * s.w * s.c + first + mine;
            const TY* out = dy + (row * s.ow + q0) * s.c + first + mine;
            float g[columns][vector] = {};
UNROLL
            for (int q = 0; q < columns; q++)
                if (q0 + q < s.ow) load_operands<T>(out + static_cast<long long>(q) * s.c, g[q]);
UNROLL
            for (int u = 0; u < columns + taps - 1; u++) {
                const int column = (q0 + u) * s.stride + t - s.pad_w;
                float v[vector] = {};
                if (column >= 0 && column < s.w) load_operands<T>(in + static_cast<long long>(column) * s.c, v);
UNROLL
                for (int k = 0; k < taps; k++)
                    if (u - k >= 0 && u - k < columns)
UNROLL
                        for (int i = 0; i < vector; i++) sum[k][i] += v[i] * g[u - k][i];
            }
        }

    const int thread = (threadIdx.z * blockDim.y + threadIdx.y) * blockDim.x + threadIdx.x, threads = blockDim.x * blockDim.y * blockDim.z;
UNROLL
    for (int k = 0; k < taps; k++)
UNROLL
        for (int i = 0; i < vector; i++) shared[(k * vector + i) * pitch + thread] = sum[k][i];
    __syncthreads();
    for (int i = thread; i < static_cast<int>(blockDim.y) * taps * channels; i += threads) {
        const int block_tap = i / channels, channel = i % channels, c = first + channel;
        const int tap = blockIdx.z * blockDim.y * taps + block_tap;
        if (tap >= s.kh * s.kw || c >= s.c) continue;
        const float* from = shared + (block_tap % taps * vector + channel % vector) * pitch + block_tap / taps * blockDim.x + channel / vector;
        float total = 0.f;
        for (int z = 0; z < static_cast<int>(blockDim.z); z++) total += from[z * blockDim.y * blockDim.x];
        partial[(static_cast<long long>(blockIdx.x) * s.kh * s.kw + tap) * s.c + c] = total;
    }
}

// dw[c][tap] += Σ over parts of partial[part][tap][c]: a block for a tap and 32 channels; threads (32, 8) add every eighth
// part, then the first eight's sums in order.
__global__ __launch_bounds__(256) void conv2d_depthwise_add_partials(const float* partial, int parts, int taps, int channels, float* dw) {
    __shared__ float sums[8][32];
    const int c = blockIdx.x * 32 + threadIdx.x, tap = blockIdx.y;
    float sum = 0.f;
    if (c < channels)
        for (int part = threadIdx.y; part < parts; part += 8) sum += partial[(static_cast<long long>(part) * taps + tap) * channels + c];
    sums[threadIdx.y][threadIdx.x] = sum;
    __syncthreads();
    if (threadIdx.y > 0 || c >= channels) return;
    float total = 0.f;
UNROLL
    for (int i = 0; i < 8; i++) total += sums[i][threadIdx.x];
    dw[static_cast<long long>(c) * taps + tap] += total;
}

KERNEL(conv2d_depthwise_backward_weight<float, float, 4, 3>) KERNEL(conv2d_depthwise_backward_weight<float, float, 4, 1>)
KERNEL(conv2d_depthwise_backward_weight<half, half, 8, 3>) KERNEL(conv2d_depthwise_backward_weight<half, half, 8, 1>)
KERNEL(conv2d_depthwise_backward_weight<bf16, bf16, 8, 3>) KERNEL(conv2d_depthwise_backward_weight<bf16, bf16, 8, 1>)
KERNEL(conv2d_depthwise_backward_weight<float, float, 1, 1>)
KERNEL(conv2d_depthwise_backward_weight<half, half, 1, 1>) KERNEL(conv2d_depthwise_backward_weight<bf16, bf16, 1, 1>)
KERNEL(conv2d_depthwise_backward_weight<half, float, 1, 1>) KERNEL(conv2d_depthwise_backward_weight<bf16, float, 1, 1>)
KERNEL(conv2d_depthwise_backward_weight<float, half, 1, 1>) KERNEL(conv2d_depthwise_backward_weight<float, bf16, 1, 1>)
KERNEL(conv2d_depthwise_add_partials)
