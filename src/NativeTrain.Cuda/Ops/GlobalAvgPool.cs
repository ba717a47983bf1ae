using NativeTrain.Core;

namespace NativeTrain.Cuda;

/// <summary>kernels/global_avg_pool.cu.</summary>
public sealed partial class CudaBackend
{
    public void GlobalAvgPoolForward(Tensor x, Tensor y)
    {
        int v = Vector(x);
        int pixels = checked((int)(x.Rows / x.Shape[0]));
        var plan = new RowPlan(pixels, x.C, v);
        Launch("global_avg_pool", $"global_avg_pool_forward<{T(x)}, {v}>", (plan.BlocksAcross, 1, x.Shape[0]), plan.Block, x, x.Ld, y, pixels, x.C);
    }

    public void GlobalAvgPoolBackward(Tensor dy, Tensor dx, bool accumulate)
    {
        int v = Vector(dx, dy);
        int pixels = checked((int)(dx.Rows / dx.Shape[0]));
        var plan = new RowPlan(pixels, dx.C, v);
        Launch("global_avg_pool", $"global_avg_pool_backward<{T(dx)}, {v}>", (plan.BlocksAcross, plan.Chunks, dx.Shape[0]), plan.Block, dy, dx, dx.Ld, pixels, dx.C, accumulate);
    }
}
