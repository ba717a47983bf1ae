// Cross-entropy of a row of logits x with one true class t:
//   −log softmax(x)_t = log Σ eˣ − x_t,    ∂/∂xᵢ = softmax(x)ᵢ − [i = t]
// The maximum is taken out of the sum, so that no exponential overflows.
#pragma once
#include "exp.h"
#include "functions.h"

namespace nt {
template <class T>
struct LogitSums {
    T highest, sum;  // max x and Σ eˣ⁻ᵐᵃˣ

    NT_HD LogitSums(T highest, T sum) : highest(highest), sum(sum) {}

    NT_HD LogitSums(const T* x, int classes) {
        T m = x[0], s = 0;
NT_SIMD(reduction(max : m))
        for (int i = 0; i < classes; i++) m = m < x[i] ? x[i] : m;
NT_SIMD(reduction(+ : s))
        for (int i = 0; i < classes; i++) s += exp(x[i] - m);
        highest = m;
        sum = s;
    }

    // The loss of the logit of the true class.
    NT_HD T cross_entropy(T logit) const { return highest + logarithm(sum) - logit; }

    // scale·softmax, of the derivative what does not depend on the target; share = scale/sum.
    NT_HD T derivative(T logit, T share) const { return share * exp(logit - highest); }
};

template <class T>
NT_HD inline T cross_entropy(const T* x, int classes, int target) {
    return LogitSums<T>(x, classes).cross_entropy(x[target]);
}

// dx += scale·∂/∂x
template <class T>
NT_HD inline void cross_entropy_backward(const T* x, int classes, int target, T scale, T* dx) {
    const LogitSums<T> s(x, classes);
    const T share = scale / s.sum;
NT_SIMD()
    for (int i = 0; i < classes; i++) dx[i] += s.derivative(x[i], share);
    dx[target] -= scale;
}
}  // namespace nt
