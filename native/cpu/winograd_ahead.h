// What Winograd's products fetch meanwhile: the transforms wait for memory, which has nothing to do while a thread multiplies.
#pragma once
#include "winograd_tiles.h"

#include <vector>

namespace nt::conv::winograd {

// The memory that a thread's transforms are going to read or write, in pieces. The steps of a register tile fetch one of them into the second
// cache, evenly: many fetches at once would hold up the products' own way to that cache.
class PiecesAhead {
public:
    static constexpr int step = 2 * width;  // bytes: a cache line every other step with AVX-512

    // An empty list, for products over so many channels: their steps are as many.
    void begin(int channels) {
        piece_bytes_ = ptrdiff_t{step} * channels;
        pieces_.clear();
        next_ = 0;
    }

    // Of tiles [first, last) the pixels, h × w in an image, of c channels: size × size a tile, the first tile's from (offset, offset) on.
    // map: a Source or a Target.
    template <class Map>
    void add(const Map& map, const Tiles& tiles, int64_t first, int64_t last, int size, int offset, int h, int w, int c) {
        for (int64_t t = first, end; t < last; t = end) {
            const Position tile = tiles.at(t);
            end = std::min(last, t + tiles.columns - tile.column);  // tiles side by side
            const int top = tile.row * size + offset, left = tile.column * size + offset, right = std::min<int64_t>(w, left + (end - t) * size);
            for (int row = top; row < std::min(h, top + size); row++) {
                const int64_t pixel = (int64_t{tile.image} * h + row) * w;  // the row's first
                add(static_cast<const char*>(map.from((pixel + left) * c).p), static_cast<const char*>(map.from((pixel + right) * c).p));
            }
        }
    }

    // The next piece, or `none`: what the caches hold anyway.
    const char* next(const void* none) { return next_ < pieces_.size() ? pieces_[next_++] : static_cast<const char*>(none); }

private:
    void add(const char* begin, const char* end) {
        for (; begin < end; begin += piece_bytes_) pieces_.push_back(begin);
    }

    std::vector<const char*> pieces_;
    ptrdiff_t piece_bytes_ = 0;
    size_t next_ = 0;
};

}  // namespace nt::conv::winograd
