// y = scale·x: image bytes to the network's input, of float or of a 16-bit type.
//
// Bytes: one read, four or two written. Threads: of a grid that strides over the count, each takes as many numbers as fill
// a 128-bit store (vector = vector_width<T>), the last ones that do not fill it one at a time; or one number where an
// address is not so aligned (vector = 1).
#include "common.cuh"

template <class T, int vector>
__global__ void u8_to_f32(const unsigned char* x, T* y, long long count, float scale) {
    const long long packs = count / vector;
    for (long long i = global_thread(); i < packs; i += global_threads()) {
        const auto bytes = load_pack<vector>(x + i * vector);
        float v[vector];
UNROLL
        for (int j = 0; j < vector; j++) v[j] = scale * bytes.v[j];
        store<vector>(y + i * vector, v);
    }
    for (long long i = packs * vector + global_thread(); i < count; i += global_threads()) from_float(scale * x[i], y[i]);
}

KERNEL_VECTORS(u8_to_f32)
