// Distribution focal loss (Li et al., "Generalized Focal Loss", NeurIPS 2020). A side's distance d from the
// cell's centre, in cells, is the expectation of a distribution over the bins 0 … n−1, n ≥ 2:
//   p = softmax(x),  d = Σ i·pᵢ,                    ∂d/∂xᵢ = pᵢ·(i − d)
// and its target t, clamped to 0 … n−1.01, is learned as a cross-entropy with the two bins beside it:
//   dfl = −(1−f)·log p⌊t⌋ − f·log p⌊t⌋₊₁,  f = t − ⌊t⌋,    ∂dfl/∂xᵢ = pᵢ − (1−f)·[i = ⌊t⌋] − f·[i = ⌊t⌋+1]
#pragma once
#include "ciou.h"
#include "exp.h"
#include "functions.h"

namespace nt {
// What softmax and log-sum-exp share: max, Σ eˣ⁻ᵐᵃˣ and Σ i·eˣ⁻ᵐᵃˣ over the bins.
template <class T>
struct DflSums {
    T highest, sum, weighted;

    NT_HD DflSums(const T* x, int bins) : highest(x[0]), sum(0), weighted(0) {
        T m = x[0], s = 0, w = 0;
NT_SIMD(reduction(max : m))
        for (int i = 0; i < bins; i++) m = m < x[i] ? x[i] : m;
NT_SIMD(reduction(+ : s, w))
        for (int i = 0; i < bins; i++) {
            const T e = exp(x[i] - m);
            s += e;
            w += e * T(i);
        }
        highest = m;
        sum = s;
        weighted = w;
    }

    NT_HD T expectation() const { return weighted / sum; }
    NT_HD T log_sum_exp() const { return highest + logarithm(sum); }
    NT_HD T probability(T logit) const { return exp(logit - highest) / sum; }
};

template <class T>
struct DflTarget {
    int bin;        // ⌊t⌋
    T lower, upper; // weights of this bin and the next

    NT_HD DflTarget(T t, int bins) {
        const T top = T(bins - 1) - T(0.01);
        t = t > T(0) ? t : T(0);
        t = t < top ? t : top;
        bin = static_cast<int>(t);
        upper = t - T(bin);
        lower = T(1) - upper;
    }
};

template <class T>
NT_HD inline T dfl(const T* x, int bins, T target) {
    const DflTarget<T> t(target, bins);
    return DflSums<T>(x, bins).log_sum_exp() - t.lower * x[t.bin] - t.upper * x[t.bin + 1];
}

// dx += by_distance·∂d/∂x + by_dfl·∂dfl/∂x
template <class T>
NT_HD inline void dfl_backward(const T* x, int bins, T target, T by_distance, T by_dfl, T* dx) {
    const DflSums<T> s(x, bins);
    const T d = s.expectation();
    for (int i = 0; i < bins; i++) dx[i] += s.probability(x[i]) * (by_distance * (T(i) - d) + by_dfl);
    const DflTarget<T> t(target, bins);
    dx[t.bin] -= by_dfl * t.lower;
    dx[t.bin + 1] -= by_dfl * t.upper;
}

// The box, in cells, whose sides lie that far from the centre of cell (column, row).
template <class T>
NT_HD inline Box<T> box_around(int column, int row, T left, T top, T right, T bottom) {
    const T cx = T(column) + T(0.5), cy = T(row) + T(0.5);
    return {cx - left, cy - top, cx + right, cy + bottom};
}

// The same of 4·bins logits, which give the distances: left, top, right, bottom.
template <class T>
NT_HD inline Box<T> dfl_box(const T* x, int bins, int column, int row) {
    return box_around(column, row, DflSums<T>(x, bins).expectation(), DflSums<T>(x + bins, bins).expectation(), DflSums<T>(x + 2 * bins, bins).expectation(),
                      DflSums<T>(x + 3 * bins, bins).expectation());
}
}  // namespace nt
