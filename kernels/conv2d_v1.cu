// The three passes of a convolution straight from their definition: what the fast kernels are tested against, and the
// way of grouped convolutions (output channels of group g see input channels of group g only; depthwise ones have a file
// of their own, conv2d_depthwise.cu).
//
// Bytes: each product loads both its factors, so that memory (its caches, at best) is asked for 2 numbers every 2 FLOPs;
// a tile in shared memory (conv2d_fma.cu) asks for each number once and uses it as often as the tile is wide.
// FLOPs: 2·n·oh·ow·oc·kh·kw·ic/groups each.
// Threads: forward and data gradient: one a number of the result, channels fastest, so that a warp writes neighbours and
// shares its loads of x. Weight gradient: one warp a weight; its lanes take every 32nd pixel.
#include "conv2d.cuh"

template <class T>
__global__ void conv2d_forward_v1(Conv2d s, const T* x, const float* w, const float* bias, void* y, int y_is_float) {
    const int inputs = s.ic / s.groups, outputs = s.oc / s.groups;
    const long long count = static_cast<long long>(s.n) * s.oh * s.ow * s.oc;
    for (long long i = global_thread(); i < count; i += global_threads()) {
        const int o = static_cast<int>(i % s.oc);
        const long long pixel = i / s.oc;
        const int q = static_cast<int>(pixel % s.ow), p = static_cast<int>(pixel / s.ow % s.oh), n = static_cast<int>(pixel / s.ow / s.oh);
        float sum = bias ? bias[o] : 0.f;
        for (int r = 0; r < s.kh; r++) {
            const int row = p * s.stride + r - s.pad;
            if (row < 0 || row >= s.h) continue;
            for (int t = 0; t < s.kw; t++) {
                const int column = q * s.stride + t - s.pad;
                if (column < 0 || column >= s.w) continue;
                const T* in = x + ((static_cast<long long>(n) * s.h + row) * s.w + column) * s.ic + o / outputs * inputs;
                const float* weights = w + ((static_cast<long long>(o) * s.kh + r) * s.kw + t) * inputs;
                for (int c = 0; c < inputs; c++) sum += to_float(in[c]) * to_float(from_float<T>(weights[c]));
            }
        }
        store_result<T>(y, y_is_float, i, sum);
    }
}

// dx[n,h,w,c] = Σ over r, t, o of dy[n,p,q,o] · w[o,r,t,c], where p·stride + r − pad = h and q·stride + t − pad = w.
template <class T>
__global__ void conv2d_backward_data_v1(Conv2d s, const T* dy, const float* w, void* dx, int dx_is_float) {
    const int inputs = s.ic / s.groups, outputs = s.oc / s.groups;
    const long long count = static_cast<long long>(s.n) * s.h * s.w * s.ic;
    for (long long i = global_thread(); i < count; i += global_threads()) {
        const int c = static_cast<int>(i % s.ic);
        const long long pixel = i / s.ic;
        const int column = static_cast<int>(pixel % s.w), row = static_cast<int>(pixel / s.w % s.h), n = static_cast<int>(pixel / s.w / s.h);
        const int group = c / inputs, first = group * outputs;
        float sum = 0;
        for (int r = 0; r < s.kh; r++) {
            const int p = (row + s.pad - r) / s.stride;
            if (row + s.pad < r || p * s.stride + r - s.pad != row || p >= s.oh) continue;
            for (int t = 0; t < s.kw; t++) {
                const int q = (column + s.pad - t) / s.stride;
                if (column + s.pad < t || q * s.stride + t - s.pad != column || q >= s.ow) continue;
                const T* g = dy + ((static_cast<long long>(n) * s.oh + p) * s.ow + q) * s.oc;
                for (int o = first; o < first + outputs; o++) {
                    const float weight = w[((static_cast<long long>(o) * s.kh + r) * s.kw + t) * inputs + c % inputs];
                    sum += to_float(g[o]) * to_float(from_float<T>(weight));
                }
            }
        }
        store_result<T>(dx, dx_is_float, i, sum);
    }
}

// dw[o,r,t,c] += Σ over n, p, q of dy[n,p,q,o] · x[n, p·stride+r−pad, q·stride+t−pad, c].
template <class T>
__global__ void conv2d_backward_weight_v1(Conv2d s, const T* x, const T* dy, float* dw) {
    const int inputs = s.ic / s.groups, outputs = s.oc / s.groups, lane = threadIdx.x % warp_size;
    const long long count = static_cast<long long>(s.oc) * s.kh * s.kw * inputs, pixels = static_cast<long long>(s.n) * s.oh * s.ow;
    for (long long i = global_thread() / warp_size; i < count; i += global_threads() / warp_size) {
        const int c = static_cast<int>(i % inputs), t = static_cast<int>(i / inputs % s.kw);
        const int r = static_cast<int>(i / inputs / s.kw % s.kh), o = static_cast<int>(i / inputs / s.kw / s.kh);
        float sum = 0;
        for (long long pixel = lane; pixel < pixels; pixel += warp_size) {
            const int q = static_cast<int>(pixel % s.ow), p = static_cast<int>(pixel / s.ow % s.oh);
            const int row = p * s.stride + r - s.pad, column = q * s.stride + t - s.pad;
            if (row < 0 || row >= s.h || column < 0 || column >= s.w) continue;
            const long long at = (pixel / s.ow / s.oh * s.h + row) * s.w + column;
            sum += to_float(dy[pixel * s.oc + o]) * to_float(x[at * s.ic + o / outputs * inputs + c]);
        }
        sum = warp_sum(sum);
        if (lane == 0) dw[i] += sum;
    }
}

KERNEL_MAPS(conv2d_forward_v1)
KERNEL_MAPS(conv2d_backward_data_v1)
KERNEL_MAPS(conv2d_backward_weight_v1)
