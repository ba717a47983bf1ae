// How a pass by rows (conv2d_rows.cpp) is cut into blocks, and what a block reads.
#pragma once
#include "conv2d.h"
#include "conv2d_rows_tile.h"
#include "workspace.h"

#include <algorithm>
#include <cstring>
#include <vector>

namespace nt::conv::rows {

constexpr int block_bytes = 64 << 10;  // of the input that a task copies: with the next task's it stays in the L2 cache

// Outputs of a row that meet the same taps.
struct Columns {
    int taps, left;            // the first output's taps begin `left` pixels before the row
    int count;                 // of outputs
    ptrdiff_t y;               // the first one's place in the row
    int words;                 // of a kernel row
    const char* weights;       // [vector of outputs][kernel row][word][lane]
};

// Rows of the input under an output row's kernel, those outside left out, and the kernel row that meets the first of them.
struct Under {
    int first, count, kernel_row;
    int end() const { return first + count; }
};

// A pass as such correlations.
struct Plan {
    bool data;                 // whether it is the gradient of the data
    int n, h, w, c;            // of the input
    int out_h, out_c;
    int kernel_rows, stride, pad;
    Source x;
    Target y;
    ptrdiff_t y_image, y_row, y_pixel;  // distances of outputs, in numbers
    std::vector<Columns> columns;
    const float* bias;         // by lane

    Image image(int i) const { return {x, i, h, w, c}; }
    bool eight() const { return out_c == 8; }
    int vectors() const { return eight() ? 1 : out_c / width; }
    int step() const { return data ? 1 : stride; }                           // pixels of the input from an output to the next
    int word_numbers() const { return (eight() ? 2 : 1) * (x.is_float() ? 1 : 2); }
    ptrdiff_t kernel_row_bytes(const Columns& k) const { return ptrdiff_t{k.words} * vector_bytes; }
    ptrdiff_t weight_bytes(const Columns& k) const { return vectors() * kernel_rows * kernel_row_bytes(k); }

    Under under(int row) const {
        // Of kh = row + pad − q·stride the smallest q has the largest kh.
        const int last = data ? (row + pad) / stride : row * stride - pad + kernel_rows - 1;
        const int above = row + pad - (kernel_rows - 1);
        const int first = std::clamp(data ? (above > 0 ? (above + stride - 1) / stride : 0) : row * stride - pad, 0, h);
        return {first, std::max(0, std::min(last, h - 1) + 1 - first), data ? row + pad - first * stride : first - row * stride + pad};
    }
};

// Some rows of outputs of one image.
struct Block {
    int image, row, rows;
    int first, in_rows;  // of the input

    Block(const Plan& p, int row_blocks, int64_t index) : image(index / row_blocks) {
        const int pairs = (p.out_h + 1) / 2, part = index % row_blocks;
        row = 2 * cut(pairs, row_blocks, part);
        rows = std::min<int>(p.out_h, 2 * cut(pairs, row_blocks, part + 1)) - row;
        first = p.under(row).first;
        in_rows = p.under(row + rows - 1).end() - first;
    }
};

// A block's input, with zeros beside the picture.
struct Window {
    int left, columns;  // of the input
    ptrdiff_t pitch;    // bytes from a row to the next
    char* memory;

    explicit Window(const Plan& p) {
        int end = 0;
        left = 0;
        for (const Columns& k : p.columns) left = std::min(left, -k.left), end = std::max(end, (k.count - 1) * p.step() - k.left + k.taps);
        columns = std::max(end - left, 1);
        // A row's last word may reach over its end.
        pitch = (columns * p.c * ptrdiff_t(element_bytes(p.x.type)) + 8 + vector_bytes - 1) / vector_bytes * vector_bytes;
    }

    void copy(const Plan& p, const Block& block) {
        thread_local Workspace workspace;
        char* out = memory = workspace.bytes(block.in_rows * pitch);
        const ptrdiff_t pixel = p.c * element_bytes(p.x.type), before = -left * pixel, inside = std::min(p.w, columns + left) * pixel;
        for (int r = 0; r < block.in_rows; r++, out += pitch) {
            std::memset(out, 0, before);
            std::memcpy(out + before, p.image(block.image).at(block.first + r, 0).p, inside);
            std::memset(out + before + inside, 0, pitch - before - inside);
        }
    }
};

// What the next block reads, in as many rounds as this block, of so many output rows, has.
inline Ahead fetch(const Plan& p, const Block& next, int rows) {
    Ahead ahead;
    ahead.add(p.image(next.image), next.first, next.first + next.in_rows);
    int64_t rounds = 0;
    for (const Columns& k : p.columns)
        rounds += int64_t{p.vectors()} * rows / 2 * tiling(k.count).tiles() * (p.kernel_rows / (p.data ? p.stride : 1)) * ((k.words - 1) / stretch + 1);
    ahead.share(rounds);
    return ahead;
}

}  // namespace nt::conv::rows
