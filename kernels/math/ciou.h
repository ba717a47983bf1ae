// Complete IoU of two boxes (Zheng et al., "Distance-IoU Loss", AAAI 2020):
//   CIoU = IoU − ρ²/c² − α·v
// ρ is the distance between the centres, c the diagonal of the smallest box around both,
// v = 4/π²·(atan(w_t/h_t) − atan(w_p/h_p))² compares the aspect ratios, α = v / (1 − IoU + v) weighs it.
#pragma once
#include "functions.h"

namespace nt {
template <class T>
struct Box {
    T x1, y1, x2, y2;
};

template <class T>
NT_HD inline Box<T> scaled(const Box<T>& b, T factor) {
    return {b.x1 * factor, b.y1 * factor, b.x2 * factor, b.y2 * factor};
}

template <class T>
inline constexpr T ciou_eps = T(1e-7);

// atan(w/h), the only costly part of CIoU: callers that compare one box with many keep it.
template <class T>
NT_HD inline T aspect_angle(const Box<T>& b) {
    return arctangent((b.x2 - b.x1) / (b.y2 - b.y1 + ciou_eps<T>));
}

// The quantities that the value and the gradient share.
template <class T>
struct CiouTerms {
    T width, height;               // of the predicted box
    T overlap_w, overlap_h;        // of the intersection, at least 0
    T around_w, around_h;          // of the box around both
    T centre_x, centre_y;          // twice the offset from the predicted centre to the target's
    T intersection, union_area, iou;
    T diagonal2, distance2;        // c², ρ²
    T angle, v, alpha;             // angle = angle_t − angle_p

    NT_HD CiouTerms(const Box<T>& p, T angle_p, const Box<T>& t, T angle_t) {
        constexpr T eps = ciou_eps<T>, four_over_pi2 = T(0.40528473456935108578);
        const auto low = [](T a, T b) { return a < b ? a : b; };
        const auto high = [](T a, T b) { return a < b ? b : a; };
        width = p.x2 - p.x1;
        height = p.y2 - p.y1 + eps;
        const T target_w = t.x2 - t.x1, target_h = t.y2 - t.y1 + eps;
        overlap_w = high(low(p.x2, t.x2) - high(p.x1, t.x1), T(0));
        overlap_h = high(low(p.y2, t.y2) - high(p.y1, t.y1), T(0));
        intersection = overlap_w * overlap_h;
        union_area = width * height + target_w * target_h - intersection + eps;
        iou = intersection / union_area;
        around_w = high(p.x2, t.x2) - low(p.x1, t.x1);
        around_h = high(p.y2, t.y2) - low(p.y1, t.y1);
        diagonal2 = around_w * around_w + around_h * around_h + eps;
        centre_x = t.x1 + t.x2 - p.x1 - p.x2;
        centre_y = t.y1 + t.y2 - p.y1 - p.y2;
        distance2 = (centre_x * centre_x + centre_y * centre_y) / T(4);
        angle = angle_t - angle_p;
        v = four_over_pi2 * angle * angle;
        alpha = v / (v - iou + (T(1) + eps));
    }

    NT_HD T value() const { return iou - (distance2 / diagonal2 + v * alpha); }
};

template <class T>
NT_HD inline T ciou(const Box<T>& p, T angle_p, const Box<T>& t, T angle_t) {
    return CiouTerms<T>(p, angle_p, t, angle_t).value();
}

template <class T>
NT_HD inline T ciou(const Box<T>& p, const Box<T>& t) {
    return ciou(p, aspect_angle(p), t, aspect_angle(t));
}

// ∂CIoU/∂p with α held constant, as its authors define the loss.
template <class T>
NT_HD inline Box<T> ciou_gradient(const Box<T>& p, const Box<T>& t) {
    constexpr T four_over_pi2 = T(0.40528473456935108578);
    const CiouTerms<T> f(p, aspect_angle(p), t, aspect_angle(t));

    // Which sides of the predicted box bound the intersection (where there is one) and the box around both.
    const bool overlaps = f.overlap_w > T(0) && f.overlap_h > T(0);
    const T in_x1 = overlaps && p.x1 > t.x1, in_x2 = overlaps && p.x2 < t.x2;
    const T in_y1 = overlaps && p.y1 > t.y1, in_y2 = overlaps && p.y2 < t.y2;
    const T out_x1 = p.x1 < t.x1, out_x2 = p.x2 > t.x2;
    const T out_y1 = p.y1 < t.y1, out_y2 = p.y2 > t.y2;

    // IoU = I/U with U = area_p + area_t − I:  dIoU = dI·(U + I)/U² − darea_p·I/U²
    const T by_intersection = (f.union_area + f.intersection) / (f.union_area * f.union_area);
    const T by_area = -f.intersection / (f.union_area * f.union_area);
    Box<T> d;
    d.x1 = -in_x1 * f.overlap_h * by_intersection - f.height * by_area;
    d.x2 = in_x2 * f.overlap_h * by_intersection + f.height * by_area;
    d.y1 = -in_y1 * f.overlap_w * by_intersection - f.width * by_area;
    d.y2 = in_y2 * f.overlap_w * by_intersection + f.width * by_area;

    // −ρ²/c²:  −dρ²/c² + ρ²·dc²/c⁴;  dρ²/dx1 = dρ²/dx2 = −centre_x/2;  dc²/dx2 = 2·around_w where p.x2 is the outer side
    const T by_distance = T(1) / (T(2) * f.diagonal2);
    const T by_diagonal = T(2) * f.distance2 / (f.diagonal2 * f.diagonal2);
    d.x1 += f.centre_x * by_distance - out_x1 * f.around_w * by_diagonal;
    d.x2 += f.centre_x * by_distance + out_x2 * f.around_w * by_diagonal;
    d.y1 += f.centre_y * by_distance - out_y1 * f.around_h * by_diagonal;
    d.y2 += f.centre_y * by_distance + out_y2 * f.around_h * by_diagonal;

    // −α·v:  dv = −2·4/π²·angle·dangle_p;  d atan(w/h) = (h·dw − w·dh) / (w² + h²)
    const T by_angle = f.alpha * T(2) * four_over_pi2 * f.angle / (f.width * f.width + f.height * f.height);
    d.x1 -= by_angle * f.height;
    d.x2 += by_angle * f.height;
    d.y1 += by_angle * f.width;
    d.y2 -= by_angle * f.width;
    return d;
}
}  // namespace nt
