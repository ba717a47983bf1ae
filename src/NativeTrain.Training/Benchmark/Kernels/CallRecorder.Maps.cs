using NativeTrain.Core;

namespace NativeTrain.Training;

/// <content>Batch norm, elementwise ops, pooling, rows, attention.</content>
public sealed partial class CallRecorder
{
    public void BatchNormStatistics(Tensor x, float eps, float momentum, Tensor mean, Tensor invStd, Tensor runningMean, Tensor runningVar) =>
        Record("batch_norm_statistics", "forward", [x, mean, invStd, runningMean, runningVar], (b, o) => b.BatchNormStatistics(o[0]!, eps, momentum, o[1]!, o[2]!, o[3]!, o[4]!));

    public void BatchNormInvStd(Tensor variance, float eps, Tensor invStd) =>
        Record("batch_norm_invstd", "forward", [variance, invStd], (b, o) => b.BatchNormInvStd(o[0]!, eps, o[1]!));

    public void BatchNormActForward(Tensor x, Tensor mean, Tensor invStd, Tensor gamma, Tensor beta, bool silu, Tensor? residual, Tensor y, Tensor? y2, int y2Begin) =>
        Record("batch_norm_act", "forward", [x, mean, invStd, gamma, beta, residual, y, y2],
            (b, o) => b.BatchNormActForward(o[0]!, o[1]!, o[2]!, o[3]!, o[4]!, silu, o[5], o[6]!, o[7], y2Begin), $"silu {silu} y2 {y2Begin}");

    public void BatchNormActBackward(Tensor x, Tensor mean, Tensor invStd, Tensor gamma, Tensor beta, bool silu, Tensor? dy, Tensor? dy2, int dy2Begin, Tensor dx, Tensor dgamma, Tensor dbeta) =>
        Record("batch_norm_act", "backward", [x, mean, invStd, gamma, beta, dy, dy2, dx, dgamma, dbeta],
            (b, o) => b.BatchNormActBackward(o[0]!, o[1]!, o[2]!, o[3]!, o[4]!, silu, o[5], o[6], dy2Begin, o[7]!, o[8]!, o[9]!), $"silu {silu} dy2 {dy2Begin}");

    public void SiluForward(Tensor x, Tensor y) => Record("silu", "forward", [x, y], (b, o) => b.SiluForward(o[0]!, o[1]!));

    public void SiluBackward(Tensor x, Tensor dy, Tensor dx, bool accumulate) =>
        Record("silu", "backward", [x, dy, dx], (b, o) => b.SiluBackward(o[0]!, o[1]!, o[2]!, accumulate), Accumulate(accumulate));

    public void MultiplyAdd(Tensor x, int rounds) => Record("multiply_add", "forward", [x], (b, o) => b.MultiplyAdd(o[0]!, rounds));

    public void Add(Tensor a, Tensor b, Tensor y) => Record("add", "forward", [a, b, y], (backend, o) => backend.Add(o[0]!, o[1]!, o[2]!));

    public void Copy(Tensor x, Tensor y, bool accumulate) =>
        Record("copy", accumulate ? "accumulate" : "forward", [x, y], (b, o) => b.Copy(o[0]!, o[1]!, accumulate));

    public void Upsample2xForward(Tensor x, Tensor y) => Record("upsample2x", "forward", [x, y], (b, o) => b.Upsample2xForward(o[0]!, o[1]!));

    public void Upsample2xBackward(Tensor dy, Tensor dx, bool accumulate) =>
        Record("upsample2x", "backward", [dy, dx], (b, o) => b.Upsample2xBackward(o[0]!, o[1]!, accumulate), Accumulate(accumulate));

    public void MaxPoolForward(Tensor x, Tensor y, Tensor? argmax, int kernel, int stride, int padding) =>
        Record("max_pool", "forward", [x, y, argmax], (b, o) => b.MaxPoolForward(o[0]!, o[1]!, o[2], kernel, stride, padding), $"{kernel}/{stride}+{padding}");

    // Noise would not be places inside a window: the forward pass writes them.
    public void MaxPoolBackward(Tensor dy, Tensor argmax, Tensor dx, int kernel, int stride, int padding, bool accumulate) =>
        Record("max_pool", "backward", [dy, argmax, dx], (b, o) => b.MaxPoolBackward(o[0]!, o[1]!, o[2]!, kernel, stride, padding, accumulate), $"{kernel}/{stride}+{padding} {Accumulate(accumulate)}",
            prepare: (b, o) => b.MaxPoolForward(o[2]!, o[0]!, o[1], kernel, stride, padding));

    public void U8ToF32(Tensor x, Tensor y, float scale) => Record("u8_to_f32", "forward", [x, y], (b, o) => b.U8ToF32(o[0]!, o[1]!, scale));

    public void SoftmaxForward(Tensor x, Tensor y) => Record("softmax", "forward", [x, y], (b, o) => b.SoftmaxForward(o[0]!, o[1]!));

    public void SoftmaxBackward(Tensor y, Tensor dy, Tensor dx, bool accumulate) =>
        Record("softmax", "backward", [y, dy, dx], (b, o) => b.SoftmaxBackward(o[0]!, o[1]!, o[2]!, accumulate), Accumulate(accumulate));

    public void MatMul(Tensor a, bool transposeA, Tensor b, bool transposeB, Tensor c, float alpha, float beta) =>
        Record("matmul", "forward", [a, b, c], (backend, o) => backend.MatMul(o[0]!, transposeA, o[1]!, transposeB, o[2]!, alpha, beta),
            $"{(transposeA ? "aT" : "a")} {(transposeB ? "bT" : "b")} {beta}");

    public void AttentionForward(Tensor qkv, Tensor y, Tensor p, int heads, int keyDim, int headDim) =>
        Record("attention", "forward", [qkv, y, p], (b, o) => b.AttentionForward(o[0]!, o[1]!, o[2]!, heads, keyDim, headDim), $"heads {heads}");

    public void AttentionBackward(Tensor qkv, Tensor p, Tensor dy, Tensor dqkv, int heads, int keyDim, int headDim, bool accumulate) =>
        Record("attention", "backward", [qkv, p, dy, dqkv], (b, o) => b.AttentionBackward(o[0]!, o[1]!, o[2]!, o[3]!, heads, keyDim, headDim, accumulate),
            $"heads {heads} {Accumulate(accumulate)}");

    public void GlobalAvgPoolForward(Tensor x, Tensor y) => Record("global_avg_pool", "forward", [x, y], (b, o) => b.GlobalAvgPoolForward(o[0]!, o[1]!));

    public void GlobalAvgPoolBackward(Tensor dy, Tensor dx, bool accumulate) =>
        Record("global_avg_pool", "backward", [dy, dx], (b, o) => b.GlobalAvgPoolBackward(o[0]!, o[1]!, accumulate), Accumulate(accumulate));

    public void Dropout(Tensor x, Tensor y, float probability, ulong key, bool accumulate) =>
        Record("dropout", "forward", [x, y], (b, o) => b.Dropout(o[0]!, o[1]!, probability, key, accumulate), Accumulate(accumulate));

    private static string Accumulate(bool accumulate) => accumulate ? "+=" : "=";
}
