// Depthwise convolution (groups = channels), NHWC, w [C,KH,KW,1]: y[n,p,q,c] = b[c] + Σ x[n, p·s+r−pad, q·s+t−pad, c] · w[c,r,t].
// The weight gradient stands in conv2d_depthwise_weight.cu.
//
// Bytes: x read and y written once, and the weights, as long as the caches keep the KH rows of x that neighbours share.
// FLOPs: 2·KH·KW a number written; for 3×3 and 16 bits 4.5 a byte, so that memory alone counts if each load of x
// serves several outputs.
// Threads: threadIdx.x goes over a block's channels, `vector` of them each, threadIdx.y over strips: `columns`
// neighbouring outputs of a row, by one thread. blockIdx.x strides over the strips, blockIdx.y is a range of channels,
// whose weights lie in shared memory. Along a kernel row a thread walks over the strip's inputs, columns + taps − 1 of
// them, and adds each to the outputs that it is a neighbour of.
#include "conv2d_depthwise.cuh"

namespace {

// Floats that are read from shared memory at once. Those of neighbouring threads lie side by side, so that a load takes
// no more turns than it must: a thread's second four come after the first four of all.
template <int vector>
constexpr int weight_pack = vector % 4 == 0 ? 4 : 1;

// From one tap's weights in shared memory to the next one's: 4 banks further than a multiple of 32 channels.
DEVICE int weight_pitch(int channels) { return channels + 4; }

// Weights of the block's channels to shared memory, rounded to the maps' type; flipped: last tap first. They are read in
// the order in which they lie in memory, all taps of a channel together.
template <class T, int vector>
DEVICE void stage_weights(const float* w, const DepthwiseShape& s, int flip, int first, int channels, float* shared) {
    constexpr int pack = weight_pack<vector>;
    const int taps = s.kh * s.kw, count = min(channels, s.c - first) * taps;
    for (int i = threadIdx.y * blockDim.x + threadIdx.x; i < count; i += blockDim.x * blockDim.y) {
        const int tap = i % taps, c = i / taps;
        const int at = c % vector / pack * (blockDim.x * pack) + c / vector * pack + c % pack;
        shared[(flip ? taps - 1 - tap : tap) * weight_pitch(channels) + at] = rounded_to<T>(w[static_cast<long long>(first) * taps + i]);
    }
}

// The thread's weights of one tap.
template <int vector>
DEVICE void load_weights(const float* tap, float (&to)[vector]) {
    constexpr int pack = weight_pack<vector>;
UNROLL
    for (int i = 0; i < vector; i += pack) {
        const Pack<float, pack> weights = load_pack<pack>(tap + (i / pack * blockDim.x + threadIdx.x) * pack);
UNROLL
        for (int j = 0; j < pack; j++) to[i + j] = weights.v[j];
    }
}

}  // namespace

// taps: the neighbours in a kernel row that are taken together, 3 (where KW = 3 and the stride is 1) or 1 (any).
// The data gradient of stride 1 is this too: of dy, with the weights flipped and padded by KH−1−pad, KW−1−pad.
template <class T, int vector, int taps>
__global__ __launch_bounds__(256) void conv2d_depthwise_forward(DepthwiseShape s, const T* x, const float* w, const float* bias, T* y, int flip) {
    DYNAMIC_SHARED(memory);
    float* weights = reinterpret_cast<float*>(memory);
    const int channels = blockDim.x * vector, first = blockIdx.y * channels, mine = threadIdx.x * vector;
    stage_weights<T, vector>(w, s, flip, first, channels, weights);
    __syncthreads();
    if (first + mine >= s.c) return;
    x += first + mine;
    y += first + mine;
    float start[vector] = {};
    if (bias)
UNROLL
        for (int i = 0; i < vector; i++) start[i] = bias[first + mine + i];

    constexpr int columns = depthwise_columns;
    const int strips_a_row = (s.ow + columns - 1) / columns;
    const long long strips = static_cast<long long>(s.n) * s.oh * strips_a_row;
    for (long long strip = static_cast<long long>(blockIdx.x) * blockDim.y + threadIdx.y; strip < strips; strip += static_cast<long long>(gridDim.x) * blockDim.y) {
        const long long row = strip / strips_a_row, n = row / s.oh;
        const int q0 = static_cast<int>(strip % strips_a_row) * columns, p = static_cast<int>(row % s.oh);
        float sum[columns][vector];
UNROLL
        for (int q = 0; q < columns; q++)
UNROLL
            for (int i = 0; i < vector; i++) sum[q][i] = start[i];
        for (int r = 0; r < s.kh; r++) {
            const int in_row = p * s.stride + r - s.pad_h;
            if (in_row < 0 || in_row >= s.h) continue;
            const T* line = x + (n * s.h + in_row) * s.w * s.c;
            for (int t = 0; t < s.kw; t += taps) {
                float weight[taps][vector];
UNROLL
                for (int k = 0; k < taps; k++) load_weights(weights + (r * s.kw + t + k) * weight_pitch(channels), weight[k]);
UNROLL
                for (int u = 0; u < columns + taps - 1; u++) {
                    const int column = (q0 + u) * s.stride + t - s.pad_w;
                    float v[vector] = {};
                    if (column >= 0 && column < s.w) load<vector>(line + static_cast<long long>(column) * s.c, v);
UNROLL
                    for (int k = 0; k < taps; k++)
                        if (u - k >= 0 && u - k < columns)
UNROLL
                            for (int i = 0; i < vector; i++) sum[u - k][i] += v[i] * weight[k][i];
                }
            }
        }
UNROLL
        for (int q = 0; q < columns; q++)
            if (q0 + q < s.ow) store<vector>(y + (row * s.ow + q0 + q) * s.c, sum[q]);
    }
}

// One thread a number of y, channels fastest: as the formula reads. Each number of x is loaded KH·KW times, and the
// weights, KH·KW apart from channel to channel, waste most of each load. Takes maps of two types.
template <class TX, class TY>
__global__ void conv2d_depthwise_forward_v1(DepthwiseShape s, const TX* x, const float* w, const float* bias, TY* y) {
    using T = typename Narrower<TX, TY>::type;
    const long long numbers = static_cast<long long>(s.n) * s.oh * s.ow * s.c;
    for (long long at = global_thread(); at < numbers; at += global_threads()) {
        const int c = static_cast<int>(at % s.c), q = static_cast<int>(at / s.c % s.ow);
        const long long row = at / s.c / s.ow, n = row / s.oh;
        const int p = static_cast<int>(row % s.oh);
        float sum = bias ? bias[c] : 0.f;
        for (int r = 0; r < s.kh; r++)
            for (int t = 0; t < s.kw; t++) {
                const int i = p * s.stride + r - s.pad_h, j = q * s.stride + t - s.pad_w;
                if (i < 0 || i >= s.h || j < 0 || j >= s.w) continue;
                sum += rounded_to<T>(x[((n * s.h + i) * s.w + j) * s.c + c]) * rounded_to<T>(w[(c * s.kh + r) * s.kw + t]);
            }
        y[at] = from_float<TY>(sum);
    }
}

// dx[n,i,j,c] = Σ dy[n, (i+pad−r)/s, (j+pad−t)/s, c] · w[c,r,t] over the taps where the stride divides; one thread a number.
template <class TY, class TX>
__global__ void conv2d_depthwise_backward_data_v1(DepthwiseShape s, const TY* dy, const float* w, TX* dx) {
    using T = typename Narrower<TX, TY>::type;
    const long long numbers = static_cast<long long>(s.n) * s.h * s.w * s.c;
    for (long long at = global_thread(); at < numbers; at += global_threads()) {
        const int c = static_cast<int>(at % s.c), j = static_cast<int>(at / s.c % s.w);
        const long long row = at / s.c / s.w, n = row / s.h;
        const int i = static_cast<int>(row % s.h);
        float sum = 0.f;
        for (int r = 0; r < s.kh; r++)
            for (int t = 0; t < s.kw; t++) {
                const int down = i + s.pad_h - r, across = j + s.pad_w - t, p = down / s.stride, q = across / s.stride;
                if (down < 0 || across < 0 || down % s.stride || across % s.stride || p >= s.oh || q >= s.ow) continue;
                sum += rounded_to<T>(dy[((n * s.oh + p) * s.ow + q) * s.c + c]) * rounded_to<T>(w[(c * s.kh + r) * s.kw + t]);
            }
        dx[at] = from_float<TX>(sum);
    }
}

KERNEL(conv2d_depthwise_forward<float, 4, 3>) KERNEL(conv2d_depthwise_forward<float, 4, 1>)
KERNEL(conv2d_depthwise_forward<float, 1, 3>) KERNEL(conv2d_depthwise_forward<float, 1, 1>)
KERNEL(conv2d_depthwise_forward<half, 8, 3>) KERNEL(conv2d_depthwise_forward<half, 8, 1>)
KERNEL(conv2d_depthwise_forward<half, 1, 3>) KERNEL(conv2d_depthwise_forward<half, 1, 1>)
KERNEL(conv2d_depthwise_forward<bf16, 8, 3>) KERNEL(conv2d_depthwise_forward<bf16, 8, 1>)
KERNEL(conv2d_depthwise_forward<bf16, 1, 3>) KERNEL(conv2d_depthwise_forward<bf16, 1, 1>)
KERNEL(conv2d_depthwise_forward_v1<float, float>) KERNEL(conv2d_depthwise_forward_v1<half, half>) KERNEL(conv2d_depthwise_forward_v1<bf16, bf16>)
KERNEL(conv2d_depthwise_forward_v1<half, float>) KERNEL(conv2d_depthwise_forward_v1<bf16, float>) KERNEL(conv2d_depthwise_forward_v1<float, half>)
KERNEL(conv2d_depthwise_forward_v1<float, bf16>)
KERNEL(conv2d_depthwise_backward_data_v1<float, float>) KERNEL(conv2d_depthwise_backward_data_v1<half, half>) KERNEL(conv2d_depthwise_backward_data_v1<bf16, bf16>)
KERNEL(conv2d_depthwise_backward_data_v1<half, float>) KERNEL(conv2d_depthwise_backward_data_v1<bf16, float>) KERNEL(conv2d_depthwise_backward_data_v1<float, half>)
KERNEL(conv2d_depthwise_backward_data_v1<float, bf16>)
