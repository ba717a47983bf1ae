// The matrix products of scaled dot-product attention (Vaswani et al. 2017, arXiv:1706.03762) over the T pixels of a map,
// for all heads of all images at once. Per head, p = softmax(q·kᵀ/√keyDim), y = p·v; back, with the scores s before the
// softmax:
//   dv = pᵀ·dy    dp = dy·vᵀ    ds = p·(dp - Σ p·dp)    dq = ds·k/√keyDim    dk = dsᵀ·q/√keyDim
// The softmax and its gradient between the products are softmax.cu's, over the rows of p. p is kept in float.
//
// FLOPs: 2·T²·(keyDim + headDim) a head forward, 4·T²·(keyDim + headDim) back. Bytes: T² floats a head written and read
// again for every step; q, k, v and y are small beside them.
// Threads: a block of 256 computes a tile of 64×64 of one product (gemm.cuh); blockIdx.z counts heads, image by image.
#include "gemm.cuh"

// Where the matrices of one operand lie: `image` numbers from an image to the next, `head` from a head to the next.
struct HeadStride {
    long long image, head;
    int ld;
};

struct AttentionProduct {
    int heads;
    int m, n, k;  // of a head's product
    float alpha, beta;
    HeadStride a, b, c;
};

template <class A, class B, class C, bool transpose_a, bool transpose_b>
__global__ void __launch_bounds__(gemm_threads) attention_product(AttentionProduct s, const A* a, const B* b, C* c) {
    __shared__ GemmShared shared;
    const long long image = blockIdx.z / s.heads, head = blockIdx.z % s.heads;
    const Matrix<const A> left{a + image * s.a.image + head * s.a.head, s.a.ld, transpose_a ? s.k : s.m, transpose_a ? s.m : s.k};
    const Matrix<const B> right{b + image * s.b.image + head * s.b.head, s.b.ld, transpose_b ? s.n : s.k, transpose_b ? s.k : s.n};
    const Matrix<C> result{c + image * s.c.image + head * s.c.head, s.c.ld, s.m, s.n};
    gemm<transpose_a, transpose_b>(left, right, result, blockIdx.y * gemm_tile, blockIdx.x * gemm_tile, s.alpha, s.beta, shared);
}

// p from q·kᵀ, and dp = dy·vᵀ
KERNEL(attention_product<float, float, float, false, true>)
KERNEL(attention_product<half, half, float, false, true>)
KERNEL(attention_product<bf16, bf16, float, false, true>)
// y = p·v, and dq = ds·k
KERNEL(attention_product<float, float, float, false, false>)
KERNEL(attention_product<float, half, half, false, false>)
KERNEL(attention_product<float, bf16, bf16, false, false>)
// dv = pᵀ·dy, and dk = dsᵀ·q
KERNEL(attention_product<float, float, float, true, false>)
KERNEL(attention_product<float, half, half, true, false>)
KERNEL(attention_product<float, bf16, bf16, true, false>)
