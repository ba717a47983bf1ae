using NativeTrain.Core;

namespace NativeTrain.Cuda;

/// <summary>kernels/batch_norm_act.cu.</summary>
public sealed partial class CudaBackend
{
    public void BatchNormActForward(Tensor x, Tensor mean, Tensor invStd, Tensor gamma, Tensor beta, bool silu, Tensor? residual, Tensor y, Tensor? y2, int y2Begin)
    {
        int v = Vector(x, residual, y, y2, mean, invStd, gamma, beta);
        if (y2Begin % v != 0) v = 1;
        var plan = new RowPlan(x.Rows, x.C, v);
        Launch("batch_norm_act", $"batch_norm_act_forward<{T(x)}, {v}>", plan.Grid, plan.Block,
            x, x.Rows, x.C, mean, invStd, gamma, beta, silu, residual, residual?.Ld ?? 0, y, y.Ld, y2, y2Begin, y2?.C ?? 0);
    }

    public void BatchNormActBackward(Tensor x, Tensor mean, Tensor invStd, Tensor gamma, Tensor beta, bool silu, Tensor? dy, Tensor? dy2, int dy2Begin, Tensor dx, Tensor dgamma, Tensor dbeta)
    {
        int v = Vector(x, dy, dy2, dx, mean, invStd, gamma, beta);
        if (dy2Begin % v != 0) v = 1;
        var plan = new RowPlan(x.Rows, x.C, v);
        long coefficientBytes = sizeof(float) * 2L * x.C;
        nint coefficients = Workspace(coefficientBytes + sizeof(float) * 2L * plan.Chunks * x.C);
        nint partial = coefficients + (nint)coefficientBytes;
        int ldDy = dy?.Ld ?? 0, channels2 = dy2?.C ?? 0;
        Launch("batch_norm_act", $"batch_norm_act_backward_sums<{T(x)}, {v}>", plan.Grid, plan.Block,
            x, x.Rows, x.C, mean, invStd, gamma, beta, silu, dy, ldDy, dy2, dy2Begin, channels2, plan.ChunkRows, partial);
        Launch("batch_norm_act", "batch_norm_act_backward_coefficients", CeilDivide(x.C, 32), new Dim3(32, 16),
            partial, x.Rows, x.C, plan.ChunkRows, invStd, gamma, dgamma, dbeta, coefficients);
        Launch("batch_norm_act", $"batch_norm_act_backward<{T(x)}, {v}>", plan.Grid, plan.Block,
            x, x.Rows, x.C, mean, invStd, gamma, beta, silu, dy, ldDy, dy2, dy2Begin, channels2, coefficients, dx);
    }
}
