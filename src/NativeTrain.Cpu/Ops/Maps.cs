using NativeTrain.Core;
using static NativeTrain.Cpu.Native;

namespace NativeTrain.Cpu;

/// <content>Ops on maps: element by element, pooling, products, attention.</content>
public sealed unsafe partial class CpuBackend
{
    public void SiluForward(Tensor x, Tensor y) => Check(nt_silu_forward(T(x), x.Pointer, x.Ld, y.Pointer, y.Ld, x.Rows, x.C));

    public void SiluBackward(Tensor x, Tensor dy, Tensor dx, bool accumulate) =>
        Check(nt_silu_backward(T(x), x.Pointer, x.Ld, dy.Pointer, dy.Ld, dx.Pointer, dx.Ld, x.Rows, x.C, accumulate ? 1 : 0));

    public void MultiplyAdd(Tensor x, int rounds, DType type = DType.F32) => Check(nt_multiply_add((int)type, x.Pointer, x.Count, rounds));

    public void Add(Tensor a, Tensor b, Tensor y) => Check(nt_add(T(y), a.Pointer, a.Ld, b.Pointer, b.Ld, y.Pointer, y.Ld, y.Rows, y.C));

    public void Copy(Tensor x, Tensor y, bool accumulate) => Check(nt_copy(T(x), x.Pointer, x.Ld, T(y), y.Pointer, y.Ld, x.Rows, x.C, accumulate ? 1 : 0));

    public void CopyAll(IReadOnlyList<Tensor> x, IReadOnlyList<Tensor> y)
    {
        OneBlock.RequireCopies(x, y);
        long[] bytes = [.. x.Select(t => t.Bytes)];
        fixed (nint* from = Pointers(x))
        fixed (nint* to = Pointers(y))
        fixed (long* n = bytes)
            Check(nt_copy_all(bytes.Length, from, to, n));
    }

    public void Upsample2xForward(Tensor x, Tensor y) =>
        Check(nt_upsample2x_forward(T(x), x.Pointer, x.Ld, y.Pointer, y.Ld, x.Shape[0], x.Shape[1], x.Shape[2], x.C));

    public void Upsample2xBackward(Tensor dy, Tensor dx, bool accumulate) =>
        Check(nt_upsample2x_backward(T(dy), dy.Pointer, dy.Ld, dx.Pointer, dx.Ld, dx.Shape[0], dx.Shape[1], dx.Shape[2], dx.C, accumulate ? 1 : 0));

    public void MaxPoolForward(Tensor x, Tensor y, Tensor? argmax, int kernel, int stride, int padding) =>
        Check(nt_max_pool_forward(T(x), x.Pointer, x.Ld, y.Pointer, y.Ld, P(argmax), x.Shape[0], x.Shape[1], x.Shape[2], x.C, kernel, stride, padding));

    public void MaxPoolBackward(Tensor dy, Tensor argmax, Tensor dx, int kernel, int stride, int padding, bool accumulate) =>
        Check(nt_max_pool_backward(T(dy), dy.Pointer, dy.Ld, argmax.Pointer, dx.Pointer, dx.Ld, dx.Shape[0], dx.Shape[1], dx.Shape[2], dx.C, kernel, stride, padding, accumulate ? 1 : 0));

    public void U8ToF32(Tensor x, Tensor y, float scale) => Check(nt_u8_to_f32(x.Pointer, T(y), y.Pointer, x.Count, scale));

    public void SoftmaxForward(Tensor x, Tensor y) => Check(nt_softmax_forward(T(x), x.Pointer, x.Ld, y.Pointer, y.Ld, x.Rows, x.C));

    public void SoftmaxBackward(Tensor y, Tensor dy, Tensor dx, bool accumulate) =>
        Check(nt_softmax_backward(T(y), y.Pointer, y.Ld, dy.Pointer, dy.Ld, dx.Pointer, dx.Ld, y.Rows, y.C, accumulate ? 1 : 0));

    public void MatMul(Tensor a, bool transposeA, Tensor b, bool transposeB, Tensor c, float alpha, float beta)
    {
        long k = transposeA ? a.Rows : a.C;
        Check(nt_matmul(transposeA ? 1 : 0, transposeB ? 1 : 0, c.Rows, c.C, k, alpha, a.Pointer, a.Ld, b.Pointer, b.Ld, beta, c.Pointer, c.Ld));
    }

    public void AttentionForward(Tensor qkv, Tensor y, Tensor p, int heads, int keyDim, int headDim) =>
        Check(nt_attention_forward(T(qkv), qkv.Pointer, y.Pointer, p.Pointer, qkv.Shape[0], (int)(qkv.Rows / qkv.Shape[0]), heads, keyDim, headDim));

    public void AttentionBackward(Tensor qkv, Tensor p, Tensor dy, Tensor dqkv, int heads, int keyDim, int headDim, bool accumulate) =>
        Check(nt_attention_backward(T(qkv), qkv.Pointer, p.Pointer, dy.Pointer, dqkv.Pointer, qkv.Shape[0], (int)(qkv.Rows / qkv.Shape[0]), heads, keyDim, headDim, accumulate ? 1 : 0));

    public void GlobalAvgPoolForward(Tensor x, Tensor y) =>
        Check(nt_global_avg_pool_forward(T(x), x.Pointer, x.Ld, y.Pointer, x.Shape[0], x.Rows / x.Shape[0], x.C));

    public void GlobalAvgPoolBackward(Tensor dy, Tensor dx, bool accumulate) =>
        Check(nt_global_avg_pool_backward(dy.Pointer, T(dx), dx.Pointer, dx.Ld, dx.Shape[0], dx.Rows / dx.Shape[0], dx.C, accumulate ? 1 : 0));

    public void Dropout(Tensor x, Tensor y, float probability, ulong key, bool accumulate) =>
        Check(nt_dropout(x.Pointer, x.Ld, y.Pointer, y.Ld, x.Rows, x.C, probability, key, accumulate ? 1 : 0));
}
