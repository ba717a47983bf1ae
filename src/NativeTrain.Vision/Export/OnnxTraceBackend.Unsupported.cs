using NativeTrain.Core;

namespace NativeTrain.Vision.Export;

/// <summary>What belongs to training, to host memory or to a device: an inference graph has none of it.</summary>
internal sealed partial class OnnxTraceBackend
{
    public void Zero(Tensor t) => throw NotInAGraph();
    public void Fill(Tensor t, float value) => throw NotInAGraph();
    public void Upload(ReadOnlySpan<byte> source, Tensor destination) => throw NotInAGraph();
    public void Download(Tensor source, Span<byte> destination) => throw NotInAGraph();
    public HostBlock AllocateHost(int bytes) => throw NotInAGraph();
    public void Prefetch(ReadOnlySpan<byte> source) => throw NotInAGraph();
    public MemoryLeft MemoryLeft => throw NotInAGraph();
    public void MultiplyAdd(Tensor x, int rounds, DType type = DType.F32) => throw NotInAGraph();
    public void U8ToF32(Tensor x, Tensor y, float scale) => throw NotInAGraph();
    public void MatMul(Tensor a, bool transposeA, Tensor b, bool transposeB, Tensor c, float alpha, float beta) => throw NotInAGraph();

    public void Conv2dBackwardData(Tensor dy, Tensor w, Tensor dx, in Conv2dShape shape) => throw NotInAGraph();
    public void Conv2dBackwardWeight(Tensor x, Tensor dy, Tensor dw, Tensor? db, in Conv2dShape shape) => throw NotInAGraph();
    public void ConvTranspose2dBackwardData(Tensor dy, Tensor w, Tensor dx, in Conv2dShape shape) => throw NotInAGraph();
    public void ConvTranspose2dBackwardWeight(Tensor x, Tensor dy, Tensor dw, Tensor? db, in Conv2dShape shape) => throw NotInAGraph();
    public void BatchNormStatistics(Tensor x, float eps, float momentum, Tensor mean, Tensor invStd, Tensor runningMean, Tensor runningVar) => throw NotInAGraph();
    public void BatchNormActBackward(Tensor x, Tensor mean, Tensor invStd, Tensor gamma, Tensor beta, bool silu, Tensor? dy, Tensor? dy2, int dy2Begin, Tensor dx, Tensor dgamma, Tensor dbeta) => throw NotInAGraph();
    public void BatchNormCombine(Tensor parts, int ranks, float eps, float momentum, Tensor mean, Tensor invStd, Tensor runningMean, Tensor runningVar) => throw NotInAGraph();
    public void BatchNormActBackwardSums(Tensor x, Tensor mean, Tensor invStd, Tensor gamma, Tensor beta, bool silu, Tensor? dy, Tensor? dy2, int dy2Begin, Tensor dx, Tensor dgamma, Tensor dbeta, Tensor sums) => throw NotInAGraph();
    public void BatchNormActBackwardData(Tensor x, Tensor mean, Tensor invStd, Tensor gamma, Tensor beta, bool silu, Tensor? dy, Tensor? dy2, int dy2Begin, Tensor sums, long rows, Tensor dx) => throw NotInAGraph();
    public void LossNormalizers(Tensor assigned, Tensor sums) => throw NotInAGraph();
    public void NormalizerShares(Tensor parts, int ranks, int rank, Tensor shares) => throw NotInAGraph();
    public void SiluBackward(Tensor x, Tensor dy, Tensor dx, bool accumulate) => throw NotInAGraph();
    public void Upsample2xBackward(Tensor dy, Tensor dx, bool accumulate) => throw NotInAGraph();
    public void MaxPoolBackward(Tensor dy, Tensor argmax, Tensor dx, int kernel, int stride, int padding, bool accumulate) => throw NotInAGraph();
    public void SoftmaxBackward(Tensor y, Tensor dy, Tensor dx, bool accumulate) => throw NotInAGraph();
    public void AttentionBackward(Tensor qkv, Tensor p, Tensor dy, Tensor dqkv, int heads, int keyDim, int headDim, bool accumulate) => throw NotInAGraph();
    public void DetectionLossForward(DetectionLossArgs args) => throw NotInAGraph();
    public void DetectionLossBackward(DetectionLossArgs args, Tensor dloss, IReadOnlyList<Tensor> boxGrad, IReadOnlyList<Tensor> clsGrad, bool accumulate) => throw NotInAGraph();
    public void MaskLossForward(MaskLossArgs args) => throw NotInAGraph();
    public void MaskLossBackward(MaskLossArgs args, Tensor dloss, IReadOnlyList<Tensor> coefficientGrad, Tensor prototypeGrad) => throw NotInAGraph();
    public void GlobalAvgPoolBackward(Tensor dy, Tensor dx, bool accumulate) => throw NotInAGraph();
    public void Dropout(Tensor x, Tensor y, float probability, ulong key, bool accumulate) => throw NotInAGraph();
    public void CrossEntropyForward(Tensor x, Tensor classes, Tensor loss) => throw NotInAGraph();
    public void CrossEntropyBackward(Tensor x, Tensor classes, Tensor dloss, Tensor dx, bool accumulate) => throw NotInAGraph();
    public double GradNorm(IReadOnlyList<Tensor> grads) => throw NotInAGraph();
    public void OptimizerStep(OptimizerStep step) => throw NotInAGraph();
    public void EmaUpdate(IReadOnlyList<Tensor> averages, IReadOnlyList<Tensor> values, float decay) => throw NotInAGraph();
    public void ZeroGrads(IReadOnlyList<Tensor> grads) => throw NotInAGraph();

    private static NotSupportedException NotInAGraph() => new("this operation has no place in an exported graph");
}
