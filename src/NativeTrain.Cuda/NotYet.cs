using NativeTrain.Core;

namespace NativeTrain.Cuda;

/// <summary>Ops without kernels so far: each goes from here to its file in Ops/.</summary>
public sealed partial class CudaBackend
{
    public void Conv2dForward(Tensor x, Tensor w, Tensor? bias, Tensor y, in Conv2dShape shape) => throw Missing();
    public void Conv2dBackwardData(Tensor dy, Tensor w, Tensor dx, in Conv2dShape shape) => throw Missing();
    public void Conv2dBackwardWeight(Tensor x, Tensor dy, Tensor dw, Tensor? db, in Conv2dShape shape) => throw Missing();
    public string Conv2dImplementation(in Conv2dShape shape, int pass, DType type = DType.F32) => throw Missing();
    public void BatchNormStatistics(Tensor x, float eps, float momentum, Tensor mean, Tensor invStd, Tensor runningMean, Tensor runningVar) => throw Missing();
    public void BatchNormInvStd(Tensor variance, float eps, Tensor invStd) => throw Missing();
    public void BatchNormActForward(Tensor x, Tensor mean, Tensor invStd, Tensor gamma, Tensor beta, bool silu, Tensor? residual, Tensor y, Tensor? y2, int y2Begin) => throw Missing();
    public void BatchNormActBackward(Tensor x, Tensor mean, Tensor invStd, Tensor gamma, Tensor beta, bool silu, Tensor? dy, Tensor? dy2, int dy2Begin, Tensor dx, Tensor dgamma, Tensor dbeta) => throw Missing();
    public void Add(Tensor a, Tensor b, Tensor y) => throw Missing();
    public void Copy(Tensor x, Tensor y, bool accumulate) => throw Missing();
    public void Upsample2xForward(Tensor x, Tensor y) => throw Missing();
    public void Upsample2xBackward(Tensor dy, Tensor dx, bool accumulate) => throw Missing();
    public void MaxPoolForward(Tensor x, Tensor y, Tensor? argmax, int kernel, int stride, int padding) => throw Missing();
    public void MaxPoolBackward(Tensor dy, Tensor argmax, Tensor dx, int kernel, int stride, int padding, bool accumulate) => throw Missing();
    public void U8ToF32(Tensor x, Tensor y, float scale) => throw Missing();
    public void SoftmaxForward(Tensor x, Tensor y) => throw Missing();
    public void SoftmaxBackward(Tensor y, Tensor dy, Tensor dx, bool accumulate) => throw Missing();
    public void MatMul(Tensor a, bool transposeA, Tensor b, bool transposeB, Tensor c, float alpha, float beta) => throw Missing();
    public void AttentionForward(Tensor qkv, Tensor y, Tensor p, int heads, int keyDim, int headDim) => throw Missing();
    public void AttentionBackward(Tensor qkv, Tensor p, Tensor dy, Tensor dqkv, int heads, int keyDim, int headDim, bool accumulate) => throw Missing();
    public void DetectionLossForward(DetectionLossArgs args) => throw Missing();
    public void DetectionLossBackward(DetectionLossArgs args, Tensor dloss, IReadOnlyList<Tensor> boxGrad, IReadOnlyList<Tensor> clsGrad) => throw Missing();
    public void DetectionDecode(IReadOnlyList<Tensor> box, IReadOnlyList<Tensor> cls, IReadOnlyList<int> strides, int regMax, Tensor y) => throw Missing();
    public void MaskLossForward(MaskLossArgs args) => throw Missing();
    public void MaskLossBackward(MaskLossArgs args, Tensor dloss, IReadOnlyList<Tensor> coefficientGrad, Tensor prototypeGrad) => throw Missing();
    public void GlobalAvgPoolForward(Tensor x, Tensor y) => throw Missing();
    public void GlobalAvgPoolBackward(Tensor dy, Tensor dx, bool accumulate) => throw Missing();
    public void Dropout(Tensor x, Tensor y, float probability, ulong key, bool accumulate) => throw Missing();
    public void CrossEntropyForward(Tensor x, Tensor classes, Tensor loss) => throw Missing();
    public void CrossEntropyBackward(Tensor x, Tensor classes, Tensor dloss, Tensor dx, bool accumulate) => throw Missing();
    public double GradNorm(IReadOnlyList<Tensor> grads) => throw Missing();
    public void OptimizerStep(OptimizerStep step) => throw Missing();
    public void EmaUpdate(IReadOnlyList<Tensor> averages, IReadOnlyList<Tensor> values, float decay) => throw Missing();

    private static NotImplementedException Missing([System.Runtime.CompilerServices.CallerMemberName] string op = "") => new($"{op} has no kernel yet");
}
