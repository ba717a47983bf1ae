// What the depthwise convolution's files share.
#pragma once
#include "common.cuh"

// The sizes, beside the host's struct of the same name (src/NativeTrain.Cuda/Ops/Conv2dDepthwise.cs).
struct DepthwiseShape {
    int n, h, w, oh, ow, c, kh, kw, stride, pad_h, pad_w;
};

// Neighbouring outputs of a row that one thread takes.
constexpr int depthwise_columns = 4;

// Of maps of two types one is float: the product's operands are then rounded to the other, as where both have it.
template <class A, class B>
struct Narrower {
    using type = A;
};
template <class B>
struct Narrower<float, B> {
    using type = B;
};

template <class T, class X>
DEVICE float rounded_to(X x) {
    return to_float(from_float<T>(to_float(x)));
}
