using NativeTrain.Core;

namespace NativeTrain.Cuda;

/// <summary>kernels/ranks.cu, and the halves of batch norm's way back in kernels/batch_norm_act.cu.</summary>
public sealed partial class CudaBackend
{
    public void BatchNormCombine(Tensor parts, int ranks, float eps, float momentum, Tensor mean, Tensor invStd, Tensor runningMean, Tensor runningVar) =>
        Launch("ranks", "batch_norm_combine", CeilDivide(mean.C, 256), 256, parts, ranks, mean.C, eps, momentum, mean, invStd, runningMean, runningVar);

    public void BatchNormActBackwardSums(Tensor x, Tensor mean, Tensor invStd, Tensor gamma, Tensor beta, bool silu, Tensor? dy, Tensor? dy2, int dy2Begin, Tensor dx, Tensor dgamma, Tensor dbeta, Tensor sums)
    {
        int v = Vector(x, dy, dy2, dx, mean, invStd, gamma, beta);
        if (dy2Begin % v != 0) v = 1;
        var plan = new RowPlan(x.Rows, x.C, v);
        nint partial = Workspace(sizeof(float) * 2L * plan.Chunks * x.C);
        Launch("batch_norm_act", $"batch_norm_act_backward_sums<{T(x)}, {v}>", plan.Grid, plan.Block,
            x, x.Rows, x.C, mean, invStd, gamma, beta, silu, dy, dy?.Ld ?? 0, dy2, dy2Begin, dy2?.C ?? 0, plan.ChunkRows, partial);
        Launch("batch_norm_act", "batch_norm_act_backward_totals", CeilDivide(x.C, 32), new Dim3(32, 16),
            partial, x.Rows, x.C, plan.ChunkRows, invStd, dgamma, dbeta, sums);
    }

    public void BatchNormActBackwardData(Tensor x, Tensor mean, Tensor invStd, Tensor gamma, Tensor beta, bool silu, Tensor? dy, Tensor? dy2, int dy2Begin, Tensor sums, long rows, Tensor dx)
    {
        int v = Vector(x, dy, dy2, dx, mean, invStd, gamma, beta);
        if (dy2Begin % v != 0) v = 1;
        var plan = new RowPlan(x.Rows, x.C, v);
        nint coefficients = Workspace(sizeof(float) * 2L * x.C);
        Launch("batch_norm_act", "batch_norm_act_backward_shared", CeilDivide(x.C, 256), 256, sums, rows, x.C, invStd, gamma, coefficients);
        Launch("batch_norm_act", $"batch_norm_act_backward<{T(x)}, {v}>", plan.Grid, plan.Block,
            x, x.Rows, x.C, mean, invStd, gamma, beta, silu, dy, dy?.Ld ?? 0, dy2, dy2Begin, dy2?.C ?? 0, coefficients, dx);
    }

    public void LossNormalizers(Tensor assigned, Tensor sums) => Launch("ranks", "loss_normalizers", 1, LossThreads, assigned, assigned.Rows, sums);

    public void NormalizerShares(Tensor parts, int ranks, int rank, Tensor shares) => Launch("ranks", "normalizer_shares", 1, 32, parts, ranks, rank, shares);
}
