using NativeTrain.Core;

namespace NativeTrain.Cuda;

/// <summary>kernels/upsample.cu.</summary>
public sealed partial class CudaBackend
{
    public void Upsample2xForward(Tensor x, Tensor y)
    {
        int v = Vector(x, y);
        var plan = new RowPlan(x.Rows, x.C, v);
        Launch("upsample", $"upsample2x_forward<{T(x)}, {v}>", plan.Grid, plan.Block, x, x.Ld, y, y.Ld, checked((int)x.Rows), x.Shape[2], x.C);
    }

    public void Upsample2xBackward(Tensor dy, Tensor dx, bool accumulate)
    {
        int v = Vector(dy, dx);
        var plan = new RowPlan(dx.Rows, dx.C, v);
        Launch("upsample", $"upsample2x_backward<{T(dx)}, {v}>", plan.Grid, plan.Block, dy, dy.Ld, dx, dx.Ld, checked((int)dx.Rows), dx.Shape[2], dx.C, accumulate);
    }
}
