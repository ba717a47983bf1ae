// A convolution's weight gradient by fused multiply-adds, as the product of conv2d_weight.cuh: maps of floats on every GPU,
// maps of 16 bits where the GPU has no tensor cores for their type.
//
// Bytes: dy is read for each `columns` columns of x', and x (kh·kw times, from the L2 cache at the second) for each
// `rows` output channels. FLOPs: 2·pixels·oc·kh·kw·ic.
// Threads: a block of 16×16 computes rows×columns sums, each thread rows/16 × columns/16 of them in registers. In
// shared memory lie `depth` pixels of both maps, channels side by side, as in the maps: a thread's reads are of
// neighbouring numbers, and those of a warp's lanes follow one another, so that no two meet in a bank.
#include "conv2d_weight.cuh"
#include "copy_chunk.cuh"

template <class T, int rows, int columns, bool vector>
__global__ __launch_bounds__(256, 2) void conv2d_weight_fma(Conv2d s, const T* x, const T* dy, int pitch, int split_pixels, float* partial) {
    constexpr int threads = 256, side = 16, depth = 16, stages = 3;
    constexpr int left_chunks = rows / 4, right_chunks = columns / 4;  // of a pixel
    constexpr int thread_rows = rows / side, thread_quads = columns / side / 4;
    constexpr int copies = depth * right_chunks / threads;  // of x, by a thread
    __shared__ __align__(16) float tiles[stages][depth * (rows + columns)];

    const int all_columns = s.kh * s.kw * pitch, column_tiles = (all_columns + columns - 1) / columns;
    const int first_row = blockIdx.x / column_tiles * rows, first_column = blockIdx.x % column_tiles * columns;
    const long long first = static_cast<long long>(blockIdx.z) * split_pixels;
    const int begin = static_cast<int>(first), end = static_cast<int>(min(first + split_pixels, static_cast<long long>(s.n) * s.oh * s.ow));
    const int steps = (end - begin + depth - 1) / depth;

    const int left_chunk = threadIdx.x % left_chunks, left_pixel = threadIdx.x / left_chunks;
    const int right_chunk = threadIdx.x % right_chunks, right_pixel = threadIdx.x / right_chunks;
    const int channel = first_row + left_chunk * 4;
    const Column column(s, first_column + right_chunk * 4, pitch);
    OutputPixel pixel(s, begin + right_pixel);
    const OutputPixel step_of_copies(s, threads / right_chunks);

    const auto copy = [&](int step) {
        if (step < steps) {
            float *left = tiles[step % stages], *right = left + depth * rows;
            if (left_pixel < depth) {
                const int at = begin + step * depth + left_pixel;
                const bool inside = at < end && channel < s.oc;
                copy_floats<T, vector>(left + left_pixel * rows + left_chunk * 4, dy + (inside ? at * s.oc + channel : 0), inside ? s.oc - channel : 0);
            }
UNROLL
            for (int i = 0; i < copies; i++) {
                const int row = right_pixel + i * (threads / right_chunks);
                int at, channels = column.find(s, pixel, at);
                if (begin + step * depth + row >= end) channels = at = 0;
                copy_floats<T, vector>(right + row * columns + right_chunk * 4, x + at, channels);
                pixel.advance(s, step_of_copies);
            }
        }
        copy_async_commit();
    };

    const int tx = threadIdx.x % side, ty = threadIdx.x / side;
    float sums[thread_rows][thread_quads][4] = {};
    for (int step = 0; step < stages - 1; step++) copy(step);
    for (int step = 0; step < steps; step++) {
        copy_async_wait<stages - 2>();
        __syncthreads();  // this step's tile is there, and all have read the one that the next copy overwrites
        copy(step + stages - 1);
        const float *left = tiles[step % stages], *right = left + depth * rows;
        for (int k = 0; k < depth; k++) {
            float a[thread_rows], b[thread_quads][4];
            load<thread_rows>(left + k * rows + ty * thread_rows, a);
UNROLL
            for (int j = 0; j < thread_quads; j++) load<4>(right + k * columns + (j * side + tx) * 4, b[j]);
UNROLL
            for (int i = 0; i < thread_rows; i++)
UNROLL
                for (int j = 0; j < thread_quads; j++)
UNROLL
                    for (int e = 0; e < 4; e++) sums[i][j][e] = fmaf(a[i], b[j][e], sums[i][j][e]);
        }
    }

UNROLL
    for (int i = 0; i < thread_rows; i++) {
        const int row = first_row + ty * thread_rows + i;
UNROLL
        for (int j = 0; j < thread_quads; j++) {
            const int at = first_column + (j * side + tx) * 4;
            if (row < s.oc && at < all_columns) store<4>(partial + (static_cast<long long>(blockIdx.z) * s.oc + row) * all_columns + at, sums[i][j]);
        }
    }
}

KERNEL(conv2d_weight_fma<float, 64, 64, true>)
KERNEL(conv2d_weight_fma<float, 32, 128, true>)
KERNEL(conv2d_weight_fma<float, 32, 128, false>)
KERNEL(conv2d_weight_fma<half, 64, 64, true>)
KERNEL(conv2d_weight_fma<half, 32, 128, true>)
KERNEL(conv2d_weight_fma<half, 32, 128, false>)
KERNEL(conv2d_weight_fma<bf16, 64, 64, true>)
KERNEL(conv2d_weight_fma<bf16, 32, 128, true>)
KERNEL(conv2d_weight_fma<bf16, 32, 128, false>)
