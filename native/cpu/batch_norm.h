// What the batch norm files share: how a dense map [rows, c] is cut up.
#pragma once
#include <algorithm>
#include <cstdint>

namespace nt {

// The pixels of a dense map, by chunks (one task each) and by lines (what an inner loop runs over).
//
// A line is as many pixels as make about `line_floats` floats: with few channels, one pixel would be less
// than a vector. Tables with a value per channel are repeated to the line's width, so an inner loop treats
// lane i of a line alike whatever the number of channels. All sizes depend on rows and c alone.
struct BatchNormLayout {
    static constexpr int64_t line_floats = 64, chunk_floats = 16384;

    int64_t rows;
    int c;
    int64_t line_rows;   // pixels of a line; the map's last line may be shorter
    int64_t chunk_rows;  // a multiple of line_rows

    BatchNormLayout(int64_t rows, int c) : rows(rows), c(c) {
        line_rows = std::max<int64_t>(1, line_floats / c);
        const int64_t lines = std::clamp<int64_t>(chunk_floats / (line_rows * c), 32, 1024);
        chunk_rows = lines * line_rows;
    }

    int64_t lanes() const { return line_rows * c; }
    int64_t chunks() const { return (rows + chunk_rows - 1) / chunk_rows; }
    int64_t begin(int64_t chunk) const { return chunk * chunk_rows; }
    int64_t end(int64_t chunk) const { return std::min(rows, (chunk + 1) * chunk_rows); }
};

}  // namespace nt
