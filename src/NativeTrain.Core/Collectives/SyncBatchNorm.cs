using NativeTrain.Core.Ops;

namespace NativeTrain.Core;

/// <summary>
/// The two places where batch norm looks at a whole batch, of which each rank has a part: the statistics, combined exactly from
/// every rank's mean, variance and number of pixels (Chan, Golub and LeVeque 1979), and the two sums of its gradient.
/// </summary>
internal static class SyncBatchNorm
{
    /// <summary>Mean and 1/√(var+eps) over the maps of all ranks; updates the running statistics, alike on every rank.</summary>
    public static void Statistics(Tape tape, BatchShare share, Tensor x, BatchNormState bn, Tensor mean, Tensor invStd)
    {
        var backend = tape.Backend;
        int c = x.C, ranks = share.Collectives.Size;
        using var own = Tensor.Create(backend, new Shape(1, c));
        using var variance = Tensor.Create(backend, new Shape(1, c));
        using var pixels = Tensor.Create(backend, new Shape(1, 1));
        using var part = Tensor.Create(backend, new Shape(1, 2 * c + 1));
        using var parts = Tensor.Create(backend, new Shape(ranks, 2 * c + 1));
        // 0 times what the memory held before must be 0, not NaN.
        backend.Zero(own);
        backend.Zero(variance);
        // With a momentum of 1 the running statistics are the batch's mean and unbiased variance.
        backend.BatchNormStatistics(x, bn.Eps, momentum: 1, mean, invStd, own, variance);
        backend.Fill(pixels, share.Own == 0 ? 0 : x.Rows);
        backend.Copy(own, part.Slice(0, c), accumulate: false);
        backend.Copy(variance, part.Slice(c, c), accumulate: false);
        backend.Copy(pixels, part.Slice(2 * c, 1), accumulate: false);
        share.Collectives.AllGather(backend, part, parts);
        backend.BatchNormCombine(parts, ranks, bn.Eps, bn.Momentum, mean, invStd, bn.RunningMean, bn.RunningVar);
    }

    /// <summary>dx from the sums over all ranks; dgamma and dbeta get this rank's, as all gradients do.</summary>
    public static void Backward(Tape tape, BatchShare share, Tensor x, BatchNormState bn, bool silu, Tensor mean, Tensor invStd, Tensor? dy, Tensor? dcopy, int from, Tensor dx)
    {
        var backend = tape.Backend;
        using var sums = Tensor.Create(backend, new Shape(2, x.C));
        backend.BatchNormActBackwardSums(x, mean, invStd, bn.Gamma.Value, bn.Beta.Value, silu, dy, dcopy, from, dx, bn.Gamma.Grad, bn.Beta.Grad, sums);
        share.Collectives.StartAllReduce(backend, [sums]).Wait();
        long pixels = x.Rows / x.Shape[0] * share.Whole;
        backend.BatchNormActBackwardData(x, mean, invStd, bn.Gamma.Value, bn.Beta.Value, silu, dy, dcopy, from, sums, pixels, dx);
        if (share.Own == 0) backend.Zero(dx); // the others' sums are no gradient of an image that does not count
    }
}
