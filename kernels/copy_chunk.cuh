// A chunk of a map, 4 or 8 neighbouring channels of a pixel, into a tile in shared memory. `channels` of them exist, none
// or less beyond the map's edge; what does not exist is zero in the tile. vector: all exist or none does, and they lie at
// a multiple of their size.
#pragma once
#include "copy_async.cuh"

namespace {

// 16 bytes as they are.
template <class T, bool vector>
DEVICE void copy_chunk(T* to, const T* from, int channels) {
    if constexpr (vector) {
        copy_async16(to, from, channels > 0);
    } else {
        Pack<T, vector_width<T>> pack = {};
UNROLL
        for (int i = 0; i < vector_width<T>; i++)
            if (i < channels) pack.v[i] = from[i];
        store_pack(to, pack);
    }
}

// Four numbers, as floats.
template <class T, bool vector>
DEVICE void copy_floats(float* to, const T* from, int channels) {
    if constexpr (sizeof(T) == sizeof(float)) {
        copy_chunk<T, vector>(to, from, channels);
    } else {
        float v[4] = {};
        if constexpr (vector) {
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
