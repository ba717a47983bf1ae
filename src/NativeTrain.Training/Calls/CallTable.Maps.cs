using NativeTrain.Core;

namespace NativeTrain.Training;

/// <content>Batch norm, elementwise ops, pooling, rows, attention.</content>
public abstract partial class CallTable
{
    public void BatchNormStatistics(Tensor x, float eps, float momentum, Tensor mean, Tensor invStd, Tensor runningMean, Tensor runningVar) =>
        Call("batch_norm_statistics", "forward", [x, mean, invStd, runningMean, runningVar], (b, o) => b.BatchNormStatistics(o[0]!, eps, momentum, o[1]!, o[2]!, o[3]!, o[4]!));

    public void BatchNormInvStd(Tensor variance, float eps, Tensor invStd) =>
        Call("batch_norm_invstd", "forward", [variance, invStd], (b, o) => b.BatchNormInvStd(o[0]!, eps, o[1]!));

    public void BatchNormActForward(Tensor x, Tensor mean, Tensor invStd, Tensor gamma, Tensor beta, bool silu, Tensor? residual, Tensor y, Tensor? y2, int y2Begin) =>
        Call("batch_norm_act", "forward", [x, mean, invStd, gamma, beta, residual, y, y2],
            (b, o) => b.BatchNormActForward(o[0]!, o[1]!, o[2]!, o[3]!, o[4]!, silu, o[5], o[6]!, o[7], y2Begin), $"silu {silu} y2 {y2Begin}");

    public void BatchNormActBackward(Tensor x, Tensor mean, Tensor invStd, Tensor gamma, Tensor beta, bool silu, Tensor? dy, Tensor? dy2, int dy2Begin, Tensor dx, Tensor dgamma, Tensor dbeta) =>
        Call("batch_norm_act", "backward", [x, mean, invStd, gamma, beta, dy, dy2, dx, dgamma, dbeta],
            (b, o) => b.BatchNormActBackward(o[0]!, o[1]!, o[2]!, o[3]!, o[4]!, silu, o[5], o[6], dy2Begin, o[7]!, o[8]!, o[9]!), $"silu {silu} dy2 {dy2Begin}",
            prepare: (b, o) => ZeroInPlace(b, o[5], o[7]!));

    /// <summary>A gradient that is written over the one it is made of would shrink below the normal numbers, which take longer, when a call is repeated; zeros stay.</summary>
    private static void ZeroInPlace(IBackend backend, Tensor? dy, Tensor dx)
    {
        if (ReferenceEquals(dy, dx)) backend.Zero(dx);
    }

    public void SiluForward(Tensor x, Tensor y) => Call("silu", "forward", [x, y], (b, o) => b.SiluForward(o[0]!, o[1]!));

    public void SiluBackward(Tensor x, Tensor dy, Tensor dx, bool accumulate) =>
        Call("silu", "backward", [x, dy, dx], (b, o) => b.SiluBackward(o[0]!, o[1]!, o[2]!, accumulate), Accumulate(accumulate));

    public void MultiplyAdd(Tensor x, int rounds, DType type = DType.F32) =>
        Call("multiply_add", "forward", [x], (b, o) => b.MultiplyAdd(o[0]!, rounds, type), $"{type} {rounds}");

    public void Add(Tensor a, Tensor b, Tensor y) => Call("add", "forward", [a, b, y], (backend, o) => backend.Add(o[0]!, o[1]!, o[2]!));

    public void Copy(Tensor x, Tensor y, bool accumulate) =>
        Call("copy", accumulate ? "accumulate" : "forward", [x, y], (b, o) => b.Copy(o[0]!, o[1]!, accumulate));

    public void CopyAll(IReadOnlyList<Tensor> x, IReadOnlyList<Tensor> y)
    {
        ArgumentNullException.ThrowIfNull(x);
        int n = x.Count;
        Call("copy", "all", [.. x, .. y], (b, o) => b.CopyAll(o[..n]!, o[n..]!));
    }

    public void Upsample2xForward(Tensor x, Tensor y) => Call("upsample2x", "forward", [x, y], (b, o) => b.Upsample2xForward(o[0]!, o[1]!));

    public void Upsample2xBackward(Tensor dy, Tensor dx, bool accumulate) =>
        Call("upsample2x", "backward", [dy, dx], (b, o) => b.Upsample2xBackward(o[0]!, o[1]!, accumulate), Accumulate(accumulate));

    public void MaxPoolForward(Tensor x, Tensor y, Tensor? argmax, int kernel, int stride, int padding) =>
        Call("max_pool", "forward", [x, y, argmax], (b, o) => b.MaxPoolForward(o[0]!, o[1]!, o[2], kernel, stride, padding), $"{kernel}/{stride}+{padding}");

    // Noise would not be places inside a window: the forward pass writes them.
    public void MaxPoolBackward(Tensor dy, Tensor argmax, Tensor dx, int kernel, int stride, int padding, bool accumulate) =>
        Call("max_pool", "backward", [dy, argmax, dx], (b, o) => b.MaxPoolBackward(o[0]!, o[1]!, o[2]!, kernel, stride, padding, accumulate), $"{kernel}/{stride}+{padding} {Accumulate(accumulate)}",
            prepare: (b, o) => b.MaxPoolForward(o[2]!, o[0]!, o[1], kernel, stride, padding));

    public void U8ToF32(Tensor x, Tensor y, float scale) => Call("u8_to_f32", "forward", [x, y], (b, o) => b.U8ToF32(o[0]!, o[1]!, scale));

    public void SoftmaxForward(Tensor x, Tensor y) => Call("softmax", "forward", [x, y], (b, o) => b.SoftmaxForward(o[0]!, o[1]!));

    public void SoftmaxBackward(Tensor y, Tensor dy, Tensor dx, bool accumulate) =>
        Call("softmax", "backward", [y, dy, dx], (b, o) => b.SoftmaxBackward(o[0]!, o[1]!, o[2]!, accumulate), Accumulate(accumulate));

    public void MatMul(Tensor a, bool transposeA, Tensor b, bool transposeB, Tensor c, float alpha, float beta) =>
        Call("matmul", "forward", [a, b, c], (backend, o) => backend.MatMul(o[0]!, transposeA, o[1]!, transposeB, o[2]!, alpha, beta),
            $"{(transposeA ? "aT" : "a")} {(transposeB ? "bT" : "b")} {beta}");

    public void AttentionForward(Tensor qkv, Tensor y, Tensor p, int heads, int keyDim, int headDim) =>
        Call("attention", "forward", [qkv, y, p], (b, o) => b.AttentionForward(o[0]!, o[1]!, o[2]!, heads, keyDim, headDim), $"heads {heads}");

    public void AttentionBackward(Tensor qkv, Tensor p, Tensor dy, Tensor dqkv, int heads, int keyDim, int headDim, bool accumulate) =>
        Call("attention", "backward", [qkv, p, dy, dqkv], (b, o) => b.AttentionBackward(o[0]!, o[1]!, o[2]!, o[3]!, heads, keyDim, headDim, accumulate),
            $"heads {heads} {Accumulate(accumulate)}");

    public void GlobalAvgPoolForward(Tensor x, Tensor y) => Call("global_avg_pool", "forward", [x, y], (b, o) => b.GlobalAvgPoolForward(o[0]!, o[1]!));

    public void GlobalAvgPoolBackward(Tensor dy, Tensor dx, bool accumulate) =>
        Call("global_avg_pool", "backward", [dy, dx], (b, o) => b.GlobalAvgPoolBackward(o[0]!, o[1]!, accumulate), Accumulate(accumulate));

    public void Dropout(Tensor x, Tensor y, float probability, ulong key, bool accumulate) =>
        Call("dropout", "forward", [x, y], (b, o) => b.Dropout(o[0]!, o[1]!, probability, key, accumulate), Accumulate(accumulate));

    private static string Accumulate(bool accumulate) => accumulate ? "+=" : "=";
}
