using NativeTrain.Core;
using NativeTrain.Cuda.Bindings;
using NativeTrain.Cuda.Convolutions;

namespace NativeTrain.Cuda;

/// <summary>Convolutions by cuDNN. Each method returns false where NativeTrain's own kernels are to compute the pass.</summary>
/// <remarks>
/// Of 16-bit maps the weights are rounded to their type before, and the weight gradient comes in that type: it is added to
/// the float32 one after. Maps of two types and a bias of 16-bit maps are not cuDNN's; depthwise convolutions do not come here.
/// </remarks>
public sealed partial class CudaBackend
{
    private bool CudnnForward(Tensor x, Tensor w, Tensor? bias, Tensor y, in Conv2dShape shape)
    {
        if (cudnn is null || naive || !CudnnTakes(x, y) || (bias is not null && y.Type != DType.F32)) return false;
        var key = new ConvKey(ConvPass.Forward, x.Type, shape);
        if ((cudnn.Choice(key) ?? MeasureForward(key, x, w, y)) is not { Algorithm: { } algorithm }) return false;
        RunCudnn(key, algorithm, x, w, y);
        if (bias is not null) cudnn.Of(key).AddBias(bias.Pointer, y.Pointer);
        return true;
    }

    private bool CudnnBackwardData(Tensor dy, Tensor w, Tensor dx, in Conv2dShape shape)
    {
        if (cudnn is null || naive || !CudnnTakes(dy, dx)) return false;
        var key = new ConvKey(ConvPass.BackwardData, dy.Type, shape);
        if ((cudnn.Choice(key) ?? MeasureBackwardData(key, dy, w, dx)) is not { Algorithm: { } algorithm }) return false;
        RunCudnn(key, algorithm, dy, w, dx);
        return true;
    }

    private bool CudnnBackwardWeight(Tensor x, Tensor dy, Tensor dw, in Conv2dShape shape)
    {
        if (cudnn is null || naive || !CudnnTakes(x, dy)) return false;
        var key = new ConvKey(ConvPass.BackwardWeight, x.Type, shape);
        if ((cudnn.Choice(key) ?? MeasureBackwardWeight(key, x, dy, dw)) is not { Algorithm: { } algorithm }) return false;
        RunCudnn(key, algorithm, x, dy, dw);
        return true;
    }

    private static bool CudnnTakes(Tensor a, Tensor b) => a.Type == b.Type;

    // The passes overwrite y and dx, so that measuring may write there; dw is added to, so that it may not.
    private ConvChoice MeasureForward(ConvKey key, Tensor x, Tensor w, Tensor y) =>
        cudnn!.Measure(key, a => RunCudnn(key, a, x, w, y), () => NativeConv2dForward(x, w, null, y, key.Shape));

    private ConvChoice MeasureBackwardData(ConvKey key, Tensor dy, Tensor w, Tensor dx) =>
        cudnn!.Measure(key, a => RunCudnn(key, a, dy, w, dx), () => NativeConv2dBackwardData(dy, w, dx, key.Shape));

    private ConvChoice MeasureBackwardWeight(ConvKey key, Tensor x, Tensor dy, Tensor dw)
    {
        using var sums = Tensor.Create(this, dw.Shape);
        Zero(sums);
        return cudnn!.Measure(key, a => RunCudnn(key, a, x, dy, sums), () => NativeConv2dBackwardWeight(x, dy, sums, key.Shape));
    }

    private void RunCudnn(in ConvKey key, in CudnnAlgorithm algorithm, Tensor map, Tensor other, Tensor result)
    {
        bool weightGradient = key.Pass == ConvPass.BackwardWeight;
        var weights = weightGradient ? result : other;
        if (key.Type == DType.F32)
        {
            TimedCudnn(key, algorithm, map.Pointer, other.Pointer, result.Pointer, accumulate: weightGradient, Workspace(algorithm.Workspace));
            return;
        }
        long bytes = Scratch.Aligned(weights.Count * key.Type.Bytes());
        nint narrow = Workspace(bytes + algorithm.Workspace), scratch = narrow + (nint)bytes;
        if (!weightGradient)
        {
            Rounded(weights, key.Type, narrow);
            TimedCudnn(key, algorithm, map.Pointer, narrow, result.Pointer, accumulate: false, scratch);
            return;
        }
        TimedCudnn(key, algorithm, map.Pointer, other.Pointer, narrow, accumulate: false, scratch);
        var plan = new RowPlan(weights.Rows, weights.C, 1);
        Launch("copy", $"copy<{T(map)}, float, 1>", plan.Grid, plan.Block, narrow, weights.C, weights, weights.C, weights.Rows, weights.C, true);
    }

    private void TimedCudnn(in ConvKey key, in CudnnAlgorithm algorithm, nint map, nint other, nint result, bool accumulate, nint scratch)
    {
        using var timed = Timed("cudnn");
        cudnn!.Of(key).Run(key.Pass, algorithm, map, other, result, accumulate, scratch);
    }
}
