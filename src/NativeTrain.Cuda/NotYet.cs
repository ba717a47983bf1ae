using NativeTrain.Core;

namespace NativeTrain.Cuda;

/// <summary>Ops without kernels so far: each goes from here to its file in Ops/.</summary>
public sealed partial class CudaBackend
{
    public void DetectionLossForward(DetectionLossArgs args) => throw Missing();
    public void DetectionLossBackward(DetectionLossArgs args, Tensor dloss, IReadOnlyList<Tensor> boxGrad, IReadOnlyList<Tensor> clsGrad) => throw Missing();
    public void DetectionDecode(IReadOnlyList<Tensor> box, IReadOnlyList<Tensor> cls, IReadOnlyList<int> strides, int regMax, Tensor y) => throw Missing();
    public void MaskLossForward(MaskLossArgs args) => throw Missing();
    public void MaskLossBackward(MaskLossArgs args, Tensor dloss, IReadOnlyList<Tensor> coefficientGrad, Tensor prototypeGrad) => throw Missing();
    public double GradNorm(IReadOnlyList<Tensor> grads) => throw Missing();
    public void OptimizerStep(OptimizerStep step) => throw Missing();
    public void EmaUpdate(IReadOnlyList<Tensor> averages, IReadOnlyList<Tensor> values, float decay) => throw Missing();

    private static NotImplementedException Missing([System.Runtime.CompilerServices.CallerMemberName] string op = "") => new($"{op} has no kernel yet");
}
