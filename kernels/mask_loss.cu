// Loss of the instances' masks (native/cpu/mask_loss.cpp has its formula).
//
// mask_instances lists every image's cells that learn an object; the rest works on the prototypes' map with that list:
//   mask_forward                 a thread a pixel sums the terms of all instances whose box it lies in   → mask_total
//   mask_prototype_backward      the same walk, for the gradient of the pixel's prototypes
//   mask_coefficient_backward    a block an instance, over the pixels of its box
// Bytes: each pass reads the prototypes once (4·k a pixel; L2 keeps what overlapping boxes share), the backward pass reads and
// writes their gradients too. FLOPs: 2·k a pixel and instance forward, 8·k backward.
// Threads: forward and by prototypes, the 32 lanes of a warp walk the same list, so that an instance's coefficients are one
// load for all; k = 32 (YOLO11's) keeps a pixel's prototypes in registers, the _v1 kernels read them from memory for any k.
// Determinism: a pixel's and an instance's sums have one owner, who adds in the list's order.
#include "mask_maps.cuh"
#include "math/bce.h"

namespace {
constexpr int threads = 256;
constexpr int warps = threads / warp_size;

// A pixel of the map, and whether the thread has one. blockIdx.y is the image.
struct MapPixel {
    int image, x, y;
    bool exists;
    long long at;  // counted over the batch

    DEVICE explicit MapPixel(const MaskMaps& m) : image(static_cast<int>(blockIdx.y)) {
        const int i = static_cast<int>(global_thread());
        exists = i < m.ph * m.pw;
        x = i % m.pw;
        y = i / m.pw;
        at = static_cast<long long>(image) * m.ph * m.pw + i;
    }
};

DEVICE float dot_v1(const float* a, const float* b, int k) {
    float sum = 0;
    for (int j = 0; j < k; j++) sum += a[j] * b[j];
    return sum;
}

template <int K>
DEVICE float dot(const float (&a)[K], const float* b) {
    float sum = 0;
UNROLL
    for (int j = 0; j < K; j += 4) {
        float v[4];
        load<4>(b + j, v);
UNROLL
        for (int i = 0; i < 4; i++) sum += a[j + i] * v[i];
    }
    return sum;
}
}  // namespace

__global__ void mask_forward_v1(MaskMaps m, double* of_block) {
    __shared__ double partial[warps];
    const MapPixel pixel(m);
    float sum = 0;
    if (pixel.exists)
        m.for_each_at(pixel.image, pixel.x, pixel.y, [&](const Instance& o) {
            const float logit = dot_v1(m.prototype + pixel.at * m.k, o.coefficient, m.k);
            sum += o.on_map.weight * nt::bce(logit, o.target(m.mask[pixel.at]));
        });
    const double total = block_sum<threads>(static_cast<double>(sum), partial);
    if (threadIdx.x == 0) of_block[blockIdx.y * gridDim.x + blockIdx.x] = total;
}

template <int K>
__global__ void mask_forward(MaskMaps m, double* of_block) {
    __shared__ double partial[warps];
    const MapPixel pixel(m);
    float sum = 0;
    if (pixel.exists) {
        float p[K];
        load_floats(m.prototype + pixel.at * K, p);
        const int mask = m.mask[pixel.at];
        m.for_each_at(pixel.image, pixel.x, pixel.y, [&](const Instance& o) { sum += o.on_map.weight * nt::bce(dot(p, o.coefficient), o.target(mask)); });
    }
    const double total = block_sum<threads>(static_cast<double>(sum), partial);
    if (threadIdx.x == 0) of_block[blockIdx.y * gridDim.x + blockIdx.x] = total;
}

// One block.
__global__ void mask_total(MaskMaps m, const double* of_block, int blocks, float* item, float* loss) {
    __shared__ double partial[warps];
    double sum = 0;
    for (int i = threadIdx.x; i < blocks; i += threads) sum += of_block[i];
    sum = block_sum<threads>(sum, partial);
    if (threadIdx.x != 0) return;
    const double value = m.gain * sum / m.normalizer();
    item[0] = static_cast<float>(value);
    loss[0] = static_cast<float>(value * m.pyramid.n);
}

__global__ void mask_prototype_backward_v1(MaskMaps m, const float* dloss) {
    const MapPixel pixel(m);
    if (!pixel.exists) return;
    const float scale = m.scale(dloss[0]);
    const float* p = m.prototype + pixel.at * m.k;
    float* dp = m.prototype_grad + pixel.at * m.k;
    m.for_each_at(pixel.image, pixel.x, pixel.y, [&](const Instance& o) {
        const float g = scale * o.on_map.weight * nt::bce_gradient(dot_v1(p, o.coefficient, m.k), o.target(m.mask[pixel.at]));
        for (int j = 0; j < m.k; j++) dp[j] += g * o.coefficient[j];
    });
}

template <int K>
__global__ void mask_prototype_backward(MaskMaps m, const float* dloss) {
    const MapPixel pixel(m);
    if (!pixel.exists) return;
    const float scale = m.scale(dloss[0]);
    const int mask = m.mask[pixel.at];
    float p[K], sum[K];
    load_floats(m.prototype + pixel.at * K, p);
    load_floats(m.prototype_grad + pixel.at * K, sum);
    m.for_each_at(pixel.image, pixel.x, pixel.y, [&](const Instance& o) {
        const float g = scale * o.on_map.weight * nt::bce_gradient(dot(p, o.coefficient), o.target(mask));
        float c[K];
        load_floats(o.coefficient, c);
UNROLL
        for (int j = 0; j < K; j++) sum[j] += g * c[j];
    });
UNROLL
    for (int j = 0; j < K; j += 4) {
        const float v[4] = {sum[j], sum[j + 1], sum[j + 2], sum[j + 3]};
        store<4>(m.prototype_grad + pixel.at * K + j, v);
    }
}

namespace {
// The gradients of the coefficients of one image's instances, which blockIdx.x's blocks share. A warp takes 32 pixels of a
// box at a time: a lane finds a pixel's gradient by logit(pixel, instance), then sums a coefficient's over all 32. `of_warps`
// is shared memory: a double for each warp and coefficient.
template <class Logit>
DEVICE void sum_coefficients(const MaskMaps& m, float dloss, double* of_warps, Logit&& logit) {
    __shared__ float gradients[threads];
    __shared__ long long places[threads];  // of the pixels
    const int image = static_cast<int>(blockIdx.y), lane = threadIdx.x % warp_size, warp = threadIdx.x / warp_size, first = warp * warp_size;
    double* of_warp = of_warps + warp * m.k;
    const float scale = m.scale(dloss);
    for (int index = static_cast<int>(blockIdx.x); index < m.count[image]; index += static_cast<int>(gridDim.x)) {
        const Instance o = m.instances_of(image)[index];
        const nt::MaskCrop& crop = o.on_map.crop;
        const int width = crop.width(), pixels = width * crop.height();
        for (int j = lane; j < m.k; j += warp_size) of_warp[j] = 0;
        for (int begin = first; begin < pixels; begin += threads) {
            const int count = min(pixels - begin, warp_size), i = begin + lane;
            if (lane < count) {
                const long long at = (static_cast<long long>(image) * m.ph + crop.y1 + i / width) * m.pw + crop.x1 + i % width;
                places[threadIdx.x] = at;
                gradients[threadIdx.x] = nt::bce_gradient(logit(at, o), o.target(m.mask[at]));
            }
            __syncwarp();
            for (int j = lane; j < m.k; j += warp_size) {
                float sum = 0;
                for (int p = first; p < first + count; p++) sum += gradients[p] * m.prototype[places[p] * m.k + j];
                of_warp[j] += sum;
            }
            __syncwarp();
        }
        __syncthreads();
        for (int j = threadIdx.x; j < m.k; j += threads) {
            double sum = 0;
            for (int w = 0; w < warps; w++) sum += of_warps[w * m.k + j];
            o.coefficient_grad[j] += static_cast<float>(scale * o.on_map.weight * sum);
        }
        __syncthreads();
    }
}
}  // namespace

__global__ void mask_coefficient_backward_v1(MaskMaps m, const float* dloss) {
    DYNAMIC_SHARED(memory);
    sum_coefficients(m, dloss[0], reinterpret_cast<double*>(memory),
                     [&](long long pixel, const Instance& o) { return dot_v1(m.prototype + pixel * m.k, o.coefficient, m.k); });
}

template <int K>
__global__ void mask_coefficient_backward(MaskMaps m, const float* dloss) {
    DYNAMIC_SHARED(memory);
    sum_coefficients(m, dloss[0], reinterpret_cast<double*>(memory), [&](long long pixel, const Instance& o) {
        float p[K];
        load_floats(m.prototype + pixel * K, p);
        return dot(p, o.coefficient);
    });
}

KERNEL(mask_forward_v1)
KERNEL(mask_forward<32>)
KERNEL(mask_total)
KERNEL(mask_prototype_backward_v1)
KERNEL(mask_prototype_backward<32>)
KERNEL(mask_coefficient_backward_v1)
KERNEL(mask_coefficient_backward<32>)
