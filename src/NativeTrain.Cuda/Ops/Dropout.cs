using NativeTrain.Core;

namespace NativeTrain.Cuda;

/// <summary>kernels/dropout.cu.</summary>
public sealed partial class CudaBackend
{
    public void Dropout(Tensor x, Tensor y, float probability, ulong key, bool accumulate)
    {
        RequireNotRecording("dropout, whose key is new each time,"); // and an argument of the launch
        int v = Vector(x, y);
        var plan = new RowPlan(x.Rows, x.C, v);
        Launch("dropout", $"dropout<{T(x)}, {v}>", plan.Grid, plan.Block, x, x.Ld, y, y.Ld, x.Rows, x.C, probability, key, accumulate);
    }
}
