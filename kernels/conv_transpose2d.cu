// Transposed convolution without padding: y[n, i·s+r, j·s+t, o] += Σ over c of x[n,i,j,c] · w[c,r,t,o], + bias[o]; NHWC, w [I,KH,KW,O].
// Its gradients are passes of the convolution that maps y's shape to x's, and the host calls those.
//
// Where windows do not overlap (kernel = stride; the prototypes of a segmenter, 2×2) each number of y is one sum, and the
// whole is a matrix product: x [N·H·W, I] times w [I, KH·KW·O], whose row of results goes to KH runs of KW·O numbers of y.
//
// Bytes: x, w and y once (w rounded to x's type on the way). FLOPs: 2·N·H·W·I·KH·KW·O: of 64 channels and 16-bit maps 26 a byte.
// Threads: a block of 256 makes 64 rows × 64 columns of the product, a thread 4 × 4 of them in registers. It walks over the
// channels 16 at a time, through shared memory: x's tile turned over, so that a thread's four rows lie together.
#include "common.cuh"

// The sizes, beside the host's struct of the same name (src/NativeTrain.Cuda/Ops/ConvTranspose2d.cs).
struct ConvTranspose2d {
    int n, h, w, ic, oc, kh, kw, stride;
};

// vector: 4 where ic, oc and the maps' addresses are multiples of it, otherwise 1. A block a tile; those of the
// same rows of x follow each other.
template <class T, int vector>
__global__ __launch_bounds__(256) void conv_transpose2d_forward(ConvTranspose2d s, const T* x, const float* w, const float* bias, T* y) {
    constexpr int side = 64, depth = 16, own = 4;
    __align__(16) __shared__ float tile_x[depth][side + 4];  // + 4: packs stay aligned, and a warp's writes meet in fewer banks
    __align__(16) __shared__ float tile_w[depth][side];
    const int run = s.kw * s.oc, columns = s.kh * run, tiles = (columns + side - 1) / side, column0 = blockIdx.x % tiles * side;
    const long long rows = static_cast<long long>(s.n) * s.h * s.w, row0 = static_cast<long long>(blockIdx.x / tiles) * side;
    const int mine_x = threadIdx.x / (side / own) * own, mine_w = threadIdx.x % (side / own) * own;

    float sum[own][own] = {};
    for (int c0 = 0; c0 < s.ic; c0 += depth) {
        for (int i = threadIdx.x; i < side * depth / vector; i += blockDim.x) {
            const int row = i / (depth / vector), c = i % (depth / vector) * vector;
            float v[vector] = {};
            if (row0 + row < rows && c0 + c < s.ic) load<vector>(x + (row0 + row) * s.ic + c0 + c, v);
UNROLL
            for (int j = 0; j < vector; j++) tile_x[c + j][row] = v[j];
        }
        for (int i = threadIdx.x; i < depth * side; i += blockDim.x) {
            const int c = i / side, column = i % side;
            const bool inside = c0 + c < s.ic && column0 + column < columns;
            tile_w[c][column] = inside ? to_float(from_float<T>(w[static_cast<long long>(c0 + c) * columns + column0 + column])) : 0.f;
        }
        __syncthreads();
UNROLL
        for (int c = 0; c < depth; c++) {
            float a[own], b[own];
            load<own>(&tile_x[c][mine_x], a);
            load<own>(&tile_w[c][mine_w], b);
UNROLL
            for (int i = 0; i < own; i++)
UNROLL
                for (int j = 0; j < own; j++) sum[i][j] += a[i] * b[j];
        }
        __syncthreads();
    }

UNROLL
    for (int i = 0; i < own; i++) {
        const long long row = row0 + mine_x + i;
        if (row >= rows) break;
UNROLL
        for (int j = 0; j < own; j += vector) {
            const int column = column0 + mine_w + j;
            if (column >= columns) break;
            float v[vector];
UNROLL
            for (int k = 0; k < vector; k++) v[k] = sum[i][j + k] + (bias ? bias[(column + k) % s.oc] : 0.f);
            // y as [N·H, KH, W, KW·O]
            store<vector>(y + ((row / s.w * s.kh + column / run) * s.w + row % s.w) * run + column % run, v);
        }
    }
}

// One thread a number of y, any kernel and stride: it gathers what reaches it. Each of its products loads two numbers.
template <class T>
__global__ void conv_transpose2d_forward_v1(ConvTranspose2d s, const T* x, const float* w, const float* bias, T* y) {
    const int oh = (s.h - 1) * s.stride + s.kh, ow = (s.w - 1) * s.stride + s.kw;
    const long long numbers = static_cast<long long>(s.n) * oh * ow * s.oc;
    for (long long at = global_thread(); at < numbers; at += global_threads()) {
        const int o = static_cast<int>(at % s.oc), q = static_cast<int>(at / s.oc % ow);
        const long long row = at / s.oc / ow, n = row / oh;
        const int p = static_cast<int>(row % oh);
        float sum = bias ? bias[o] : 0.f;
        for (int r = p % s.stride; r < s.kh && r <= p; r += s.stride)
            for (int t = q % s.stride; t < s.kw && t <= q; t += s.stride) {
                const int i = (p - r) / s.stride, j = (q - t) / s.stride;
                if (i >= s.h || j >= s.w) continue;
                const T* in = x + ((n * s.h + i) * s.w + j) * s.ic;
                for (int c = 0; c < s.ic; c++)
                    sum += to_float(in[c]) * to_float(from_float<T>(w[((static_cast<long long>(c) * s.kh + r) * s.kw + t) * s.oc + o]));
            }
        y[at] = from_float<T>(sum);
    }
}

KERNEL(conv_transpose2d_forward<float, 4>) KERNEL(conv_transpose2d_forward<half, 4>) KERNEL(conv_transpose2d_forward<bf16, 4>)
KERNEL(conv_transpose2d_forward<float, 1>) KERNEL(conv_transpose2d_forward<half, 1>) KERNEL(conv_transpose2d_forward<bf16, 1>)
KERNEL_MAPS(conv_transpose2d_forward_v1)
