using System.Numerics;
using NativeTrain.Core;

namespace NativeTrain.Cuda;

/// <summary>kernels/softmax.cu.</summary>
public sealed partial class CudaBackend
{
    public void SoftmaxForward(Tensor x, Tensor y)
    {
        int lanes = Lanes(x.C);
        Launch("softmax", $"softmax_forward<{T(x)}>", Blocks(x.Rows * lanes), 256, x, x.Ld, y, y.Ld, x.Rows, x.C, lanes);
    }

    public void SoftmaxBackward(Tensor y, Tensor dy, Tensor dx, bool accumulate)
    {
        int lanes = Lanes(y.C);
        Launch("softmax", $"softmax_backward<{T(y)}>", Blocks(y.Rows * lanes), 256, y, y.Ld, dy, dy.Ld, dx, dx.Ld, y.Rows, y.C, lanes, accumulate);
    }

    /// <summary>Lanes of a warp that share a row of so many numbers (kernels/softmax_row.cuh).</summary>
    private static int Lanes(int c) => (int)Math.Min(32, BitOperations.RoundUpToPowerOf2((uint)c));
}
