// One image of a map: h × w pixels of c channels, one after the other.
#pragma once
#include "element.h"

namespace nt::conv {

struct Image {
    int h, w, c;
    Source map;

    // Number n of a batch.
    Image(Source batch, int64_t n, int h, int w, int c) : h(h), w(w), c(c), map(batch.from(n * h * w * c)) {}
    Source at(int row, int column) const { return map.from((int64_t{row} * w + column) * c); }
};

}  // namespace nt::conv
