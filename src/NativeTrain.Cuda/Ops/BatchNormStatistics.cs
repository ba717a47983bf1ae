using NativeTrain.Core;

namespace NativeTrain.Cuda;

/// <summary>kernels/batch_norm_statistics.cu.</summary>
public sealed partial class CudaBackend
{
    public void BatchNormStatistics(Tensor x, float eps, float momentum, Tensor mean, Tensor invStd, Tensor runningMean, Tensor runningVar)
    {
        int v = Vector(x);
        var plan = new RowPlan(x.Rows, x.C, v);
        nint partial = Workspace(sizeof(float) * 3L * plan.Chunks * x.C);
        Launch("batch_norm_statistics", $"batch_norm_sums<{T(x)}, {v}>", plan.Grid, plan.Block, x, x.Rows, x.C, plan.ChunkRows, partial);
        Launch("batch_norm_statistics", "batch_norm_statistics", CeilDivide(x.C, 32), new Dim3(32, 16),
            partial, x.Rows, x.C, plan.ChunkRows, eps, momentum, mean, invStd, runningMean, runningVar);
    }

    public void BatchNormInvStd(Tensor variance, float eps, Tensor invStd) =>
        Launch("batch_norm_statistics", "batch_norm_invstd", CeilDivide(variance.C, 256), 256, variance, variance.C, eps, invStd);
}
