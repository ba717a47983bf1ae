// Many tensors, large and small, as pieces of at most so many elements: what a thread takes at a time.
#pragma once
#include <algorithm>
#include <cstdint>
#include <vector>

namespace nt {

// Elements [begin, end) of one of the tensors.
struct Chunk {
    int tensor;
    int64_t begin, end;
};

// The chunks of `count` tensors, of which tensor i has n[i] elements, in their order.
inline std::vector<Chunk> chunks_of(int count, const int64_t* n, int64_t size = 16384) {
    std::vector<Chunk> chunks;
    for (int t = 0; t < count; t++)
        for (int64_t begin = 0; begin < n[t]; begin += size) chunks.push_back({t, begin, std::min(n[t], begin + size)});
    return chunks;
}

}  // namespace nt
