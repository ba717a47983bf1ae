// What the batch norm files share: how a dense map [rows, c] is cut up, tables of the channels' numbers, activations.
#pragma once
#include "exp_16bit.h"
#include "silu_derivative_16bit.h"
#include "simd_pairs.h"

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <vector>

namespace nt {

// A part of a map that an inner loop takes at a time: `height` rows of `width` numbers, from channel `channel` of pixel
// `row` on. A row is one pixel or, where all maps are dense, as many as are whole vectors: `pixels`.
struct Block {
    int64_t row, channel, width, height, pixels;
};

// A map as a block's loop walks it: p, and the distance of its pixels in numbers.
template <class T>
struct Walk {
    T* p;
    int64_t ld;

    T* at(const Block& b) const { return p + b.row * ld + b.channel; }
    int64_t step(const Block& b) const { return b.pixels * ld; }
};

// The pixels of a map, by chunks (one task each) and by blocks.
//
// A line is a whole number of vectors on every processor and has about `line_floats` numbers: with few channels, one
// pixel would be less than a vector. Tables with a value per channel are repeated to the line's width, so an inner loop
// treats lane i of a line alike whatever the number of channels. All sizes depend on rows and c alone.
struct BatchNormLayout {
    static constexpr int64_t line_floats = 64, block_floats = 2048, chunk_floats = 16384;
    static constexpr int vector = 16;

    int64_t rows;
    int c;
    int64_t line_rows;   // pixels of a line; the map's last line may be shorter
    int64_t chunk_rows;  // a multiple of line_rows

    BatchNormLayout(int64_t rows, int c) : rows(rows), c(c) {
        const int64_t whole = vector / std::gcd(vector, c);  // pixels that are whole vectors
        line_rows = whole * std::max<int64_t>(1, line_floats / (whole * c));
        const int64_t lines = std::clamp<int64_t>(chunk_floats / (line_rows * c), 32, 1024);
        chunk_rows = lines * line_rows;
    }

    int64_t line() const { return line_rows * c; }
    int64_t chunks() const { return (rows + chunk_rows - 1) / chunk_rows; }
    int64_t begin(int64_t chunk) const { return chunk * chunk_rows; }
    int64_t end(int64_t chunk) const { return std::min(rows, (chunk + 1) * chunk_rows); }

    // body(block) for the blocks of a chunk, by lines where the maps are dense, else pixel by pixel. A block of every map
    // stays in the first-level cache.
    template <class Body>
    void blocks(int64_t chunk, bool dense, Body&& body) const {
        const int64_t pixels = dense ? line_rows : 1, last = end(chunk), height = std::max<int64_t>(4, block_floats / (pixels * c));
        int64_t row = begin(chunk);
        for (; row + pixels <= last; row += height * pixels) body(Block{row, 0, pixels * c, std::min(height, (last - row) / pixels), pixels});
        row = begin(chunk) + (last - begin(chunk)) / pixels * pixels;
        if (row < last) body(Block{row, 0, (last - row) * c, 1, last - row});
    }
};

// The block's channels [first, first + count).
inline Block channels(Block b, int64_t first, int64_t count) {
    b.channel = first;
    b.width = count;
    return b;
}

// Per-channel values, repeated to a line's width and a vector beyond it: a vector may begin at any channel.
class Table {
public:
    template <class Value>
    Table(const BatchNormLayout& layout, Value&& f) : values_(layout.line() + layout.vector) {
        const size_t c = layout.c;
        for (size_t i = 0; i < values_.size(); i++) values_[i] = i < c ? f(static_cast<int>(i)) : values_[i - c];
    }

    template <class Part>
    Lanes<Part> at(int64_t lane, Part part) const { return load_beside(&values_[lane], part); }
    float operator[](int64_t lane) const { return values_[lane]; }

private:
    std::vector<float> values_;
};

// The tables of u = scale·(x - mean) + beta, scale = gamma·invstd.
struct BatchNormTables {
    Table mean, scale, beta;

    BatchNormTables(const BatchNormLayout& layout, const float* mean, const float* invstd, const float* gamma, const float* beta)
        : mean(layout, [=](int k) { return mean[k]; }), scale(layout, [=](int k) { return gamma[k] * invstd[k]; }), beta(layout, [=](int k) { return beta[k]; }) {}
};

// The activations, for maps of a type.
struct Identity {
    template <Type>
    static Vector value(Vector u) { return u; }
    template <Type>
    static Vector derivative(Vector) { return Vector{} + 1.f; }
};

struct Silu {
    template <Type type>
    static Vector value(Vector u) {
        if constexpr (type == Type::f32) return silu(u);
        else return u / (1.f + exp_16bit(-u));
    }
    template <Type type>
    static Vector derivative(Vector u) {
        if constexpr (type == Type::f32) return silu_derivative(u);
        else return silu_derivative_16bit(u);
    }
};

}  // namespace nt
