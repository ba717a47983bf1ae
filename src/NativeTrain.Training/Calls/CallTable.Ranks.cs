using NativeTrain.Core;

namespace NativeTrain.Training;

/// <content>What processes that train together compute of their parts of a batch.</content>
public abstract partial class CallTable
{
    public void BatchNormCombine(Tensor parts, int ranks, float eps, float momentum, Tensor mean, Tensor invStd, Tensor runningMean, Tensor runningVar) =>
        Call("batch_norm_combine", "forward", [parts, mean, invStd, runningMean, runningVar], (b, o) => b.BatchNormCombine(o[0]!, ranks, eps, momentum, o[1]!, o[2]!, o[3]!, o[4]!), $"ranks {ranks}");

    public void BatchNormActBackwardSums(Tensor x, Tensor mean, Tensor invStd, Tensor gamma, Tensor beta, bool silu, Tensor? dy, Tensor? dy2, int dy2Begin, Tensor dx, Tensor dgamma, Tensor dbeta, Tensor sums) =>
        Call("batch_norm_act", "backward_sums", [x, mean, invStd, gamma, beta, dy, dy2, dx, dgamma, dbeta, sums],
            (b, o) => b.BatchNormActBackwardSums(o[0]!, o[1]!, o[2]!, o[3]!, o[4]!, silu, o[5], o[6], dy2Begin, o[7]!, o[8]!, o[9]!, o[10]!), $"silu {silu} dy2 {dy2Begin}",
            prepare: (b, o) => ZeroInPlace(b, o[5], o[7]!));

    public void BatchNormActBackwardData(Tensor x, Tensor mean, Tensor invStd, Tensor gamma, Tensor beta, bool silu, Tensor? dy, Tensor? dy2, int dy2Begin, Tensor sums, long rows, Tensor dx) =>
        Call("batch_norm_act", "backward_data", [x, mean, invStd, gamma, beta, dy, dy2, sums, dx],
            (b, o) => b.BatchNormActBackwardData(o[0]!, o[1]!, o[2]!, o[3]!, o[4]!, silu, o[5], o[6], dy2Begin, o[7]!, rows, o[8]!), $"silu {silu} dy2 {dy2Begin}",
            prepare: (b, o) => ZeroInPlace(b, o[5], o[8]!));

    public void LossNormalizers(Tensor assigned, Tensor sums) => Call("loss_normalizers", "forward", [assigned, sums], (b, o) => b.LossNormalizers(o[0]!, o[1]!));

    public void NormalizerShares(Tensor parts, int ranks, int rank, Tensor shares) =>
        Call("normalizer_shares", "forward", [parts, shares], (b, o) => b.NormalizerShares(o[0]!, ranks, rank, o[1]!), $"rank {rank} of {ranks}");
}
