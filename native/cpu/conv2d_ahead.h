// What a task will read next. While its block is multiplied, the tiles' steps ask for it, line by line, so that memory and multipliers work
// at the same time.
#pragma once
#include "conv2d_image.h"
#include "simd.h"

#include <algorithm>
#include <array>

namespace nt::conv {

class Ahead {
public:
    // Rows [first, last) of an image, as far as it has them; four such ranges at most.
    void add(const Image& image, int first, int last) {
        first = std::clamp(first, 0, image.h), last = std::clamp(last, first, image.h);
        ranges_[count_++] = {static_cast<const char*>(image.at(first, 0).p), static_cast<const char*>(image.at(last, 0).p)};
    }

    // Asks for some lines more (beyond a range's end there may be others).
    inline __attribute__((always_inline)) void next(int lines = 1) {
        if (at_ >= end_) {
            if (used_ == count_) return;
            at_ = ranges_[used_].begin, end_ = ranges_[used_].end, used_++;
        }
        for (int i = 0; i < lines; i++, at_ += line_bytes) prefetch_far(at_);
    }

    // Where registers do not do for that in every step: so many rounds are to come, which ask for equal shares of the first range's lines.
    void share(int64_t rounds) {
        at_ = ranges_[0].begin, end_ = ranges_[0].end, used_ = 1;
        round_ = ((end_ - at_) / line_bytes / std::max<int64_t>(rounds, 1) + 1) * line_bytes;
    }
    inline __attribute__((always_inline)) void next_round() {
        if (at_ >= end_) return;
        const char* to = at_ + round_;
        for (; at_ < to; at_ += line_bytes) prefetch_far(at_);
    }

private:
    static constexpr int line_bytes = 64;

    struct Range {
        const char *begin, *end;
    };
    const char *at_ = nullptr, *end_ = nullptr;
    ptrdiff_t round_ = 0;  // bytes
    std::array<Range, 4> ranges_;
    int used_ = 0, count_ = 0;
};

}  // namespace nt::conv
