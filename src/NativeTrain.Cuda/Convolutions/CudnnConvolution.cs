using NativeTrain.Core;
using NativeTrain.Cuda.Bindings;
using static NativeTrain.Cuda.Bindings.Cudnn;

namespace NativeTrain.Cuda.Convolutions;

/// <summary>
/// A convolution of one shape and one type of maps in cuDNN's terms: NHWC maps and OHWI weights of that type, sums in
/// float32.
/// </summary>
internal sealed unsafe class CudnnConvolution : IDisposable
{
    // More than cuDNN has for any pass.
    private const int MaxAlgorithms = 16;

    private readonly CudnnHandle handle;
    private readonly CudnnTensorHandle x, y, bias;
    private readonly CudnnFilterHandle w;
    private readonly CudnnConvolutionHandle convolution;
    private readonly DType type;

    public CudnnConvolution(CudnnHandle handle, in Conv2dShape s, DType type)
    {
        this.handle = handle;
        this.type = type;
        int number = type switch { DType.F16 => DataHalf, DType.BF16 => DataBfloat16, _ => DataFloat };
        Check(cudnnCreateTensorDescriptor(out x));
        Check(cudnnCreateTensorDescriptor(out y));
        Check(cudnnCreateTensorDescriptor(out bias));
        Check(cudnnCreateFilterDescriptor(out w));
        Check(cudnnCreateConvolutionDescriptor(out convolution));
        Check(cudnnSetTensor4dDescriptor(x, Nhwc, number, s.N, s.IC, s.H, s.W));
        Check(cudnnSetTensor4dDescriptor(y, Nhwc, number, s.N, s.OC, s.OH, s.OW));
        Check(cudnnSetTensor4dDescriptor(bias, Nhwc, DataFloat, 1, s.OC, 1, 1));
        Check(cudnnSetFilter4dDescriptor(w, number, Nhwc, s.OC, s.IC / s.Groups, s.KH, s.KW));
        Check(cudnnSetConvolution2dDescriptor(convolution, s.Pad, s.Pad, s.Stride, s.Stride, 1, 1, CrossCorrelation, DataFloat));
        Check(cudnnSetConvolutionGroupCount(convolution, s.Groups));
    }

    /// <summary>What can compute a pass with the same bits each time, in at most so much scratch memory; likely fastest first.</summary>
    public IReadOnlyList<CudnnAlgorithm> Algorithms(ConvPass pass, long workspaceLimit)
    {
        // Float32 stays float32: no tensor cores, which would cut the factors to 10 bits of fraction (TF32).
        int math = type == DType.F32 ? FmaMath : TensorOpMath;
        Check(cudnnSetConvolutionMathType(convolution, math));
        var found = stackalloc AlgorithmPerformance[MaxAlgorithms];
        int count;
        int status = pass switch
        {
            ConvPass.Forward => cudnnGetConvolutionForwardAlgorithm_v7(handle, x, w, convolution, y, MaxAlgorithms, out count, found),
            ConvPass.BackwardData => cudnnGetConvolutionBackwardDataAlgorithm_v7(handle, w, y, convolution, x, MaxAlgorithms, out count, found),
            _ => cudnnGetConvolutionBackwardFilterAlgorithm_v7(handle, x, y, convolution, w, MaxAlgorithms, out count, found),
        };
        var usable = new List<CudnnAlgorithm>();
        for (int i = 0; status == Success && i < count; i++)
        {
            var a = found[i];
            if (a.Status == Success && a.Determinism == Deterministic && a.Workspace <= (nuint)workspaceLimit)
                usable.Add(new CudnnAlgorithm(a.Algorithm, type == DType.F32 ? FmaMath : a.MathType, (long)a.Workspace));
        }
        return [.. usable.Distinct()];
    }

    /// <summary>Computes a pass.</summary>
    /// <param name="pass">Which.</param>
    /// <param name="algorithm">One of <see cref="Algorithms"/>.</param>
    /// <param name="map">x, or dy for the data gradient.</param>
    /// <param name="other">The weights, or dy for the weight gradient.</param>
    /// <param name="result">y, dx or dw.</param>
    /// <param name="accumulate">Whether to add to the result.</param>
    /// <param name="workspace">As many bytes as the algorithm needs.</param>
    /// <exception cref="DeviceException">cuDNN does not take this shape so.</exception>
    public void Run(ConvPass pass, in CudnnAlgorithm algorithm, nint map, nint other, nint result, bool accumulate, nint workspace)
    {
        float alpha = 1, beta = accumulate ? 1 : 0;
        nuint bytes = (nuint)algorithm.Workspace;
        Check(cudnnSetConvolutionMathType(convolution, algorithm.Math));
        switch (pass)
        {
            case ConvPass.Forward:
                Check(cudnnConvolutionForward(handle, alpha, x, map, w, other, convolution, algorithm.Number, workspace, bytes, beta, y, result));
                break;
            case ConvPass.BackwardData:
                Check(cudnnConvolutionBackwardData(handle, alpha, w, other, y, map, convolution, algorithm.Number, workspace, bytes, beta, x, result));
                break;
            default:
                Check(cudnnConvolutionBackwardFilter(handle, alpha, x, map, y, other, convolution, algorithm.Number, workspace, bytes, beta, w, result));
                break;
        }
    }

    /// <summary>Adds a bias to a float32 y.</summary>
    public void AddBias(nint values, nint result)
    {
        float one = 1;
        Check(cudnnAddTensor(handle, one, bias, values, one, y, result));
    }

    public void Dispose()
    {
        bias.Dispose();
        x.Dispose();
        y.Dispose();
        w.Dispose();
        convolution.Dispose();
    }
}
