// From the head's logits to boxes and class scores: y [n, Σ h·w, 4+nc] = centre x, centre y, width, height in
// pixels, then the class probabilities.
#include "nativetrain.h"
#include "parallel.h"
#include "status.h"

#include "bce.h"
#include "detection_cells.h"
#include "dfl.h"

int nt_detection_decode(int levels, int n, int nc, int reg_max, const int32_t* h, const int32_t* w, const int32_t* stride,
                        const float* const* box, const float* const* cls, float* y) {
    return nt::guarded("nt_detection_decode", [&] {
        const nt::CellList cells(levels, h, w, stride);
        nt::require_bins(reg_max);
        const int columns = 4 + nc;
        for (int l = 0; l < levels; l++) {
            const nt::Level& level = cells.levels()[l];
            const float pixels = static_cast<float>(level.stride);
            nt::parallel_for(static_cast<int64_t>(n) * level.h, [&](int64_t line) {
                const int64_t image = line / level.h;
                const int row = static_cast<int>(line % level.h);
                for (int column = 0; column < level.w; column++) {
                    const int in_level = row * level.w + column;
                    const int64_t at = image * level.cells() + in_level;
                    float* out = y + (image * cells.total() + level.first + in_level) * columns;
                    const nt::Box<float> b = nt::dfl_box(box[l] + at * 4 * reg_max, reg_max, column, row);
                    out[0] = (b.x1 + b.x2) / 2 * pixels;
                    out[1] = (b.y1 + b.y2) / 2 * pixels;
                    out[2] = (b.x2 - b.x1) * pixels;
                    out[3] = (b.y2 - b.y1) * pixels;
                    for (int c = 0; c < nc; c++) out[4 + c] = nt::sigmoid(cls[l][at * nc + c]);
                }
            });
        }
    });
}
