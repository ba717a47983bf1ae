using NativeTrain.Core;
using static NativeTrain.Cpu.Native;

namespace NativeTrain.Cpu;

/// <content>What a training of several processes computes of their parts of a batch: native/cpu/ranks.cpp.</content>
public sealed unsafe partial class CpuBackend
{
    public void BatchNormCombine(Tensor parts, int ranks, float eps, float momentum, Tensor mean, Tensor invStd, Tensor runningMean, Tensor runningVar) =>
        Check(nt_batch_norm_combine(parts.Pointer, ranks, mean.C, eps, momentum, mean.Pointer, invStd.Pointer, runningMean.Pointer, runningVar.Pointer));

    public void BatchNormActBackwardSums(Tensor x, Tensor mean, Tensor invStd, Tensor gamma, Tensor beta, bool silu, Tensor? dy, Tensor? dy2, int dy2Begin, Tensor dx, Tensor dgamma, Tensor dbeta, Tensor sums) =>
        Check(nt_batch_norm_act_backward_sums(T(x), x.Pointer, x.Rows, x.C, mean.Pointer, invStd.Pointer, gamma.Pointer, beta.Pointer, silu ? 1 : 0,
            P(dy), dy?.Ld ?? 0, P(dy2), dy2Begin, dy2?.C ?? 0, dx.Pointer, dgamma.Pointer, dbeta.Pointer, sums.Pointer));

    public void BatchNormActBackwardData(Tensor x, Tensor mean, Tensor invStd, Tensor gamma, Tensor beta, bool silu, Tensor? dy, Tensor? dy2, int dy2Begin, Tensor sums, long rows, Tensor dx) =>
        Check(nt_batch_norm_act_backward_data(T(x), x.Pointer, x.Rows, x.C, mean.Pointer, invStd.Pointer, gamma.Pointer, beta.Pointer, silu ? 1 : 0,
            P(dy), dy?.Ld ?? 0, P(dy2), dy2Begin, dy2?.C ?? 0, sums.Pointer, rows, dx.Pointer));

    public void LossNormalizers(Tensor assigned, Tensor sums) => Check(nt_loss_normalizers(assigned.Pointer, assigned.Rows, sums.Pointer));

    public void NormalizerShares(Tensor parts, int ranks, int rank, Tensor shares) => Check(nt_normalizer_shares(parts.Pointer, ranks, rank, shares.Pointer));
}
