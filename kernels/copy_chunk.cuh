// A chunk of a map into a tile of floats in shared memory.
#pragma once
#include "copy_async.cuh"

namespace {

// Four numbers at `from` into a tile, as floats: `channels` of them count, the others are zeros.
template <class T, bool vector>
DEVICE void copy_chunk(float* to, const T* from, int channels) {
    if constexpr (vector && sizeof(T) == sizeof(float)) {
        copy_async16(to, from, channels > 0);
    } else {
        float v[4] = {};
        if (vector) {
            if (channels > 0) load<4>(from, v);
        } else {
UNROLL
            for (int i = 0; i < 4; i++)
                if (i < channels) v[i] = to_float(from[i]);
        }
        store<4>(to, v);
    }
}

}  // namespace
