// How a weight gradient by pairs is cut into blocks and tasks: by the shape alone, but for slices of dy's channels, which change no sum.
#pragma once
#include "conv2d.h"
#include "conv2d_few_tile.h"
#include "conv2d_pairs_tile.h"
#include "threads.h"

#include <algorithm>
#include <bit>

namespace nt::conv::pairs {

constexpr int block_columns = 160;  // pairs of a row that a block takes at most
constexpr int block_pairs = 112;    // that it has about: so many that a tile's sums pay for their writing, so few that a panel stays in the first-level cache
constexpr int block_numbers = 12288;  // of both maps at least: more pairs where channels are few, so that more rows share the kernel's overlap
// Every chunk of the pixels but the first has a partial gradient, which costs memory and adding up: few or none for large ones, whose
// kernel rows are tasks instead. Where these are fewer than the threads, slices of dy's channels make more, each of which interleaves
// x's pixels again.
constexpr int least_tasks = 4, most_chunks = 16, few_chunks = 4;
constexpr int chunk_pairs = 200;  // that it has at least
constexpr int64_t partial_floats = 1 << 19;  // in all
constexpr int least_slice = 32;              // channels of dy
constexpr int picture = 3;                   // channels

// Pixels that lie a large power of two apart share few sets of the first-level cache.
inline int pitch_of(int channels, int step) { return int64_t{step} * channels % 64 == 0 ? channels + 16 : channels; }

inline int blocks_of(int total, int wanted) { return std::max(1, (total + wanted / 2) / wanted); }

struct Plan {
    nt_conv2d_shape s;
    int oh, ow;
    bool images;                                 // pairs are of two images, else of the two halves of one
    int height, row_blocks, column_blocks;       // a half's rows, and the blocks that cut it
    int64_t blocks;                              // in all
    int chunks, kernel_groups, out_groups;       // tasks: parts of the blocks, of the kernel's rows and of dy's channels
    ptrdiff_t x_pitch, dy_pitch;                 // pairs from a pixel's first to its neighbour's
    bool dense;                                  // the kw·c numbers under a pixel of x are contiguous; else the c of each tap are
    bool few;                                    // x is a picture under 3×3 kernels: its numbers are broadcast (conv2d_few_tile.h)
    int count, vectors;                          // those numbers, and how many vectors a tile has of them

    explicit Plan(const nt_conv2d_shape& shape) : s(shape) {
        if (is_pointwise(s)) {  // pixels have no neighbours: rows may be longer
            const bool whole = int64_t{s.h} * s.w <= block_columns && s.n > 1;
            s.w = whole ? s.h * s.w : s.w;
            s.h = whole ? s.n : s.n * s.h;
            s.n = 1;
        }
        oh = output_height(s), ow = output_width(s);
        images = s.n % 2 == 0;
        height = images ? oh : (oh + 1) / 2;
        column_blocks = (ow + block_columns - 1) / block_columns;
        const int pairs = std::max(block_pairs, block_numbers / (s.ic + s.oc));
        row_blocks = blocks_of(height, std::max(1, (pairs * column_blocks + ow / 2) / ow));
        blocks = int64_t{images ? s.n / 2 : s.n} * row_blocks * column_blocks;
        const int64_t weights = int64_t{s.oc} * s.kh * s.kw * s.ic;
        const int64_t fit = std::min({partial_floats / weights, blocks, int64_t{s.n} * oh * ow / 2 / chunk_pairs});
        chunks = std::bit_floor(uint64_t(std::clamp<int64_t>(fit, 1, most_chunks)));  // as many images in each
        kernel_groups = out_groups = 1;
        if (chunks < few_chunks) kernel_groups = s.kh;
        const int wanted = std::max(least_tasks, thread_count());
        while (chunks * kernel_groups * out_groups < wanted && s.oc / out_groups >= 2 * least_slice) out_groups++;
        x_pitch = pitch_of(s.ic, s.stride);
        dy_pitch = pitch_of((s.oc + out_groups - 1) / out_groups, 1);
        dense = x_pitch == s.ic;
        few = dense && chunks >= few_chunks && s.ic == picture && s.kh == 3 && s.kw == 3;
        if (few) dy_pitch = padded(s.oc);
        count = dense ? s.kw * s.ic : s.ic;
        vectors = vectors_for(count);
    }

    Image image_of_x(Source x, int64_t n) const { return {x, n, s.h, s.w, s.ic}; }
    Image image_of_dy(Source dy, int64_t n) const { return {dy, n, oh, ow, s.oc}; }
};

// Output pixels that a block pairs: those of two images or of two halves.
struct Block {
    int64_t images[2];
    int tops[2], left, rows, columns;

    Block(const Plan& p, int64_t index) {
        const int cb = index % p.column_blocks, rb = index / p.column_blocks % p.row_blocks;
        const int64_t unit = index / (int64_t{p.column_blocks} * p.row_blocks);
        tops[0] = cut(p.height, p.row_blocks, rb);
        rows = cut(p.height, p.row_blocks, rb + 1) - tops[0];
        left = cut(p.ow, p.column_blocks, cb);
        columns = cut(p.ow, p.column_blocks, cb + 1) - left;
        for (int half = 0; half < 2; half++) images[half] = p.images ? 2 * unit + half : unit;
        tops[1] = p.images ? tops[0] : tops[0] + p.height;
    }
    int in_rows(const nt_conv2d_shape& s, int kernel_rows) const { return (rows - 1) * s.stride + kernel_rows; }
    int in_columns(const nt_conv2d_shape& s) const { return (columns - 1) * s.stride + s.kw; }
};

}  // namespace nt::conv::pairs
