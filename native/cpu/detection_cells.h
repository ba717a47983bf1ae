// The cells of an image's pyramid levels as one list: level 0 row by row, then level 1, and so on.
#pragma once
#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include "cell_target.h"

namespace nt {
struct Level {
    int h, w, stride;
    int first;  // index of its first cell in the list
    int cells() const { return h * w; }
};

class CellList {
public:
    CellList(int count, const int32_t* h, const int32_t* w, const int32_t* stride) {
        if (count < 1 || count > 8) throw std::invalid_argument("a head has 1 to 8 levels, not " + std::to_string(count));
        for (int l = 0; l < count; l++) {
            if (h[l] < 1 || w[l] < 1 || stride[l] < 1) throw std::invalid_argument("level " + std::to_string(l) + " is empty");
            levels_.push_back({h[l], w[l], stride[l], total_});
            total_ += levels_.back().cells();
        }
    }

    const std::vector<Level>& levels() const { return levels_; }
    int total() const { return total_; }

private:
    std::vector<Level> levels_;
    int total_ = 0;
};

inline void require_bins(int reg_max) {
    if (reg_max < 2) throw std::invalid_argument("reg_max must be at least 2, not " + std::to_string(reg_max));
}
}  // namespace nt
