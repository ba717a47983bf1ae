using NativeTrain.Core;
using static NativeTrain.Cpu.Native;

namespace NativeTrain.Cpu;

/// <content>Batch norm, with what follows it.</content>
public sealed unsafe partial class CpuBackend
{
    public void BatchNormStatistics(Tensor x, float eps, float momentum, Tensor mean, Tensor invStd, Tensor runningMean, Tensor runningVar) =>
        Check(nt_batch_norm_statistics(T(x), x.Pointer, x.Rows, x.C, eps, momentum, mean.Pointer, invStd.Pointer, runningMean.Pointer, runningVar.Pointer));

    public void BatchNormInvStd(Tensor variance, float eps, Tensor invStd) =>
        Check(nt_batch_norm_invstd(variance.Pointer, variance.C, eps, invStd.Pointer));

    public void BatchNormActForward(Tensor x, Tensor mean, Tensor invStd, Tensor gamma, Tensor beta, bool silu, Tensor? residual, Tensor y, Tensor? y2, int y2Begin) =>
        Check(nt_batch_norm_act_forward(T(x), x.Pointer, x.Rows, x.C, mean.Pointer, invStd.Pointer, gamma.Pointer, beta.Pointer, silu ? 1 : 0,
            P(residual), residual?.Ld ?? 0, y.Pointer, y.Ld, P(y2), y2Begin, y2?.C ?? 0));

    public void BatchNormActBackward(Tensor x, Tensor mean, Tensor invStd, Tensor gamma, Tensor beta, bool silu, Tensor? dy, Tensor? dy2, int dy2Begin, Tensor dx, Tensor dgamma, Tensor dbeta) =>
        Check(nt_batch_norm_act_backward(T(x), x.Pointer, x.Rows, x.C, mean.Pointer, invStd.Pointer, gamma.Pointer, beta.Pointer, silu ? 1 : 0,
            P(dy), dy?.Ld ?? 0, P(dy2), dy2Begin, dy2?.C ?? 0, dx.Pointer, dgamma.Pointer, dbeta.Pointer));
}
