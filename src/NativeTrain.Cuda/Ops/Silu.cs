using NativeTrain.Core;

namespace NativeTrain.Cuda;

/// <summary>kernels/silu.cu.</summary>
public sealed partial class CudaBackend
{
    public void SiluForward(Tensor x, Tensor y)
    {
        int v = Vector(x, y);
        Launch("silu", $"silu_forward<{T(x)}, {v}>", Blocks(x.Rows * (x.C / v)), 256, x, x.Ld, y, y.Ld, x.Rows, x.C);
    }

    public void SiluBackward(Tensor x, Tensor dy, Tensor dx, bool accumulate)
    {
        int v = Vector(x, dy, dx);
        Launch("silu", $"silu_backward<{T(x)}, {v}>", Blocks(x.Rows * (x.C / v)), 256, x, x.Ld, dy, dy.Ld, dx, dx.Ld, x.Rows, x.C, accumulate);
    }
}
