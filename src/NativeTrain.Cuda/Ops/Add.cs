using NativeTrain.Core;

namespace NativeTrain.Cuda;

/// <summary>kernels/add.cu.</summary>
public sealed partial class CudaBackend
{
    public void Add(Tensor a, Tensor b, Tensor y)
    {
        int v = Vector(a, b, y);
        var plan = new RowPlan(y.Rows, y.C, v);
        Launch("add", $"add<{T(y)}, {v}>", plan.Grid, plan.Block, a, a.Ld, b, b.Ld, y, y.Ld, y.Rows, y.C);
    }
}
