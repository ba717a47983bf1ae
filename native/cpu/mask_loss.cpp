// Loss of an instance's mask (Bolya et al., "YOLACT", ICCV 2019): a cell that is to learn an object mixes the image's
// prototypes by its coefficients to the logits of a mask, which are compared with the object's true mask inside its box.
//
//   item = gain/P · Σ over positive cells of  (1/A) · mean over the map of [pixel in the box]·bce(prototype·coefficient, mask)
// P is the number of positive cells in the batch, at least 1, and A the box's share of the image's area; loss = n·item.
// Only the pixels inside the boxes are visited. An image is one task, since its cells share the prototypes' gradient;
// sums run row by row in float, over rows in double, over images in their order: threads do not change the result.
#include "nativetrain.h"
#include "parallel.h"
#include "status.h"

#include <stdexcept>

#include "bce.h"
#include "detection_cells.h"
#include "mask_crop.h"

namespace {
using namespace nt;

// x[i] = prototypes of pixel i · coefficients, for `count` pixels in a row.
void mask_logits(const float* prototype, const float* coefficient, int k, int count, float* x) {
    for (int i = 0; i < count; i++) {
        const float* p = prototype + static_cast<int64_t>(i) * k;
        float dot = 0;
#pragma omp simd reduction(+ : dot)
        for (int j = 0; j < k; j++) dot += p[j] * coefficient[j];
        x[i] = dot;
    }
}

class MaskLoss {
public:
    explicit MaskLoss(const nt_mask_loss& a) : a_(a), cells_(a.levels, a.h, a.w, a.stride) {
        if (a.n < 1 || a.k < 1 || a.ph < 1 || a.pw < 1) throw std::invalid_argument("the batch and the prototypes must be at least 1");
    }

    void forward() const {
        std::vector<double> sums(a_.n);
        parallel_tasks(a_.n, [&](int64_t image) { sums[image] = image_forward(static_cast<int>(image)); });
        double total = 0;
        for (const double s : sums) total += s;
        const double item = a_.gain * total / normalizer();
        a_.item[0] = static_cast<float>(item);
        a_.loss[0] = static_cast<float>(item * a_.n);
    }

    void backward(float dloss) const {
        const float scale = static_cast<float>(static_cast<double>(dloss) * a_.n * a_.gain / normalizer());
        parallel_tasks(a_.n, [&](int64_t image) { image_backward(static_cast<int>(image), scale); });
    }

private:
    // A positive cell's object, on the prototypes' map.
    struct Instance {
        MaskCrop crop;
        float weight;      // of a pixel's term
        int32_t value;     // that marks its pixels
        int64_t offset;    // of the cell's coefficients in its level
        size_t level;
    };

    double normalizer() const {
        const CellTarget* t = assigned(0);
        int64_t positives = 0;
        for (int64_t i = 0; i < static_cast<int64_t>(a_.n) * cells_.total(); i++) positives += t[i].positive();
        return static_cast<double>(std::max<int64_t>(positives, 1));
    }

    const CellTarget* assigned(int image) const {
        return reinterpret_cast<const CellTarget*>(a_.assigned) + static_cast<int64_t>(image) * cells_.total();
    }

    // The first pixel of an image's prototypes (or of their gradient, or of its mask) in row y, column x.
    int64_t pixel(int image, int y, int x) const { return (static_cast<int64_t>(image) * a_.ph + y) * a_.pw + x; }

    // Calls body(instance) for the image's positive cells, in their order.
    template <class Body>
    void for_instances(int image, Body&& body) const {
        const float width = static_cast<float>(a_.w[0] * a_.stride[0]), height = static_cast<float>(a_.h[0] * a_.stride[0]);
        for (size_t l = 0; l < cells_.levels().size(); l++) {
            const Level& level = cells_.levels()[l];
            const CellTarget* t = assigned(image) + level.first;
            for (int cell = 0; cell < level.cells(); cell++) {
                if (!t[cell].positive()) continue;
                const MaskInstance o = MaskInstance::of(t[cell].box, width, height, a_.ph, a_.pw);
                body(Instance{o.crop, o.weight, static_cast<int32_t>(t[cell].row) + 1, (static_cast<int64_t>(image) * level.cells() + cell) * a_.k, l});
            }
        }
    }

    double image_forward(int image) const {
        std::vector<float> x(a_.pw);
        double sum = 0;
        for_instances(image, [&](const Instance& o) {
            const float* coefficient = a_.coefficient[o.level] + o.offset;
            const int width = o.crop.width();
            double of_cell = 0;
            for (int y = o.crop.y1; y < o.crop.y2; y++) {
                const int64_t at = pixel(image, y, o.crop.x1);
                const int32_t* mask = a_.mask + at;
                mask_logits(a_.prototype + at * a_.k, coefficient, a_.k, width, x.data());
                float of_row = 0;
#pragma omp simd reduction(+ : of_row)
                for (int i = 0; i < width; i++) of_row += bce(x[i], mask[i] == o.value ? 1.0f : 0.0f);
                of_cell += of_row;
            }
            sum += of_cell * o.weight;
        });
        return sum;
    }

    void image_backward(int image, float scale) const {
        std::vector<float> g(a_.pw), of_row(a_.k);
        std::vector<double> of_cell(a_.k);
        for_instances(image, [&](const Instance& o) {
            const float* coefficient = a_.coefficient[o.level] + o.offset;
            const int k = a_.k, width = o.crop.width();
            const float weight = scale * o.weight;
            std::fill(of_cell.begin(), of_cell.end(), 0.0);
            for (int y = o.crop.y1; y < o.crop.y2; y++) {
                const int64_t at = pixel(image, y, o.crop.x1);
                const int32_t* mask = a_.mask + at;
                const float* prototype = a_.prototype + at * k;
                float* dprototype = a_.prototype_grad + at * k;
                mask_logits(prototype, coefficient, k, width, g.data());
#pragma omp simd
                for (int i = 0; i < width; i++) g[i] = weight * bce_gradient(g[i], mask[i] == o.value ? 1.0f : 0.0f);
                std::fill(of_row.begin(), of_row.end(), 0.0f);
                float* sum = of_row.data();
                for (int i = 0; i < width; i++) {
                    const float* p = prototype + static_cast<int64_t>(i) * k;
                    float* dp = dprototype + static_cast<int64_t>(i) * k;
                    const float gradient = g[i];
#pragma omp simd
                    for (int j = 0; j < k; j++) {
                        dp[j] += gradient * coefficient[j];
                        sum[j] += gradient * p[j];
                    }
                }
                for (int j = 0; j < k; j++) of_cell[j] += of_row[j];
            }
            float* dcoefficient = a_.coefficient_grad[o.level] + o.offset;
            for (int j = 0; j < k; j++) dcoefficient[j] += static_cast<float>(of_cell[j]);
        });
    }

    const nt_mask_loss& a_;
    CellList cells_;
};
}  // namespace

int nt_mask_loss_forward(const nt_mask_loss* a) {
    return nt::guarded("nt_mask_loss_forward", [&] { MaskLoss(*a).forward(); });
}

int nt_mask_loss_backward(const nt_mask_loss* a, const float* dloss) {
    return nt::guarded("nt_mask_loss_backward", [&] { MaskLoss(*a).backward(*dloss); });
}
