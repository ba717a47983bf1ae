// dL/dy of a batch norm, as it arrives: dy, perhaps a slice of a wider map, where there is one, plus dy2, the gradient of
// the dense copy of some of y's channels, where there is one.
#pragma once
#include "batch_norm.h"

namespace nt {

template <Type type>
struct BatchNormGradient {
    typedef Element<type> T;

    Walk<const T> dy, dy2;  // either may be missing
    int64_t dy2_begin;

    // What there is of a block.
    template <bool first, bool second>
    struct Piece {
        const T *dy, *dy2;
        int64_t ld_dy, ld_dy2;

        Piece(const BatchNormGradient& g, const Block& b)
            : dy(first ? g.dy.at(b) : nullptr), dy2(second ? g.dy2.at(b) - g.dy2_begin : nullptr), ld_dy(g.dy.step(b)), ld_dy2(g.dy2.step(b)) {}

        // The numbers of a part, from number i of row r on. `ahead`: the rows of a block.
        template <class Part>
        Lanes<Part> at(int64_t r, int64_t i, int64_t ahead, Part part) const {
            if constexpr (first) prefetch(dy + (r + ahead) * ld_dy + i);
            if constexpr (first && second) return load_part<type>(dy + r * ld_dy + i, part) + load_part<type>(dy2 + r * ld_dy2 + i, part);
            else if constexpr (first) return load_part<type>(dy + r * ld_dy + i, part);
            else if constexpr (second) return load_part<type>(dy2 + r * ld_dy2 + i, part);
            else return Lanes<Part>{};
        }
    };

    // body(block, piece) for the blocks of a chunk.
    template <class Body>
    void blocks(const BatchNormLayout& layout, int64_t chunk, Body&& body) const {
        const int64_t c = layout.c, behind = dy2_begin + dy2.ld;
        const auto without = [&](const Block& b) {
            if (b.width == 0) return;
            dy.p ? body(b, Piece<true, false>(*this, b)) : body(b, Piece<false, false>(*this, b));
        };
        layout.blocks(chunk, dy.ld == c && !dy2.p, [&](const Block& b) {
            if (!dy2.p) return without(b);
            const Block both = channels(b, dy2_begin, dy2.ld);
            without(channels(b, 0, dy2_begin));
            dy.p ? body(both, Piece<true, true>(*this, both)) : body(both, Piece<false, true>(*this, both));
            without(channels(b, behind, c - behind));
        });
    }
};

}  // namespace nt
