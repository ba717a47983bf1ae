using NativeTrain.Core.Ops;

namespace NativeTrain.Core;

/// <summary>
/// A loss that is divided by a sum over the batch (target scores, cells that learn an object), where each rank has a part of the batch
/// and has divided by its own sum: times own sum / sum over all ranks, the ranks' losses add up to the batch's, and their gradients too.
/// Each sum counts as at least 1, as in the losses. No gradient flows through the sums.
/// </summary>
public static class LossShares
{
    /// <summary>Places in what <see cref="Of"/> returns: of losses divided by the target scores, of those divided by the number of cells that learn an object.</summary>
    public const int Scores = 0, Cells = 1;

    /// <summary>[1, 2]: own sum / sum over all ranks; 0 for a rank that counts for nothing. The tape owns it.</summary>
    /// <param name="tape">Its backend computes.</param>
    /// <param name="share">Which rank this is of which.</param>
    /// <param name="assigned">[N, A, 7]: <see cref="DetectionLossResult.Assigned"/>.</param>
    public static Tensor Of(Tape tape, BatchShare share, Tensor assigned)
    {
        ArgumentNullException.ThrowIfNull(tape);
        ArgumentNullException.ThrowIfNull(share);
        var backend = tape.Backend;
        var collectives = share.Collectives;
        var shares = tape.New(new Shape(1, 2));
        using var part = Tensor.Create(backend, new Shape(1, 2));
        using var parts = Tensor.Create(backend, new Shape(collectives.Size, 2));
        if (share.Own == 0) backend.Zero(part);
        else backend.LossNormalizers(assigned, part);
        collectives.AllGather(backend, part, parts);
        if (share.Own == 0) backend.Zero(shares);
        else backend.NormalizerShares(parts, collectives.Size, collectives.Rank, shares);
        return shares;
    }

    /// <summary>y = x·share for x [K]; dx = dy·share.</summary>
    /// <param name="tape">Where to record; its backend computes.</param>
    /// <param name="x">A loss, or the terms of one.</param>
    /// <param name="shares">Of <see cref="Of"/>.</param>
    /// <param name="which">Which of them.</param>
    public static Tensor Times(Tape tape, Tensor x, Tensor shares, int which)
    {
        ArgumentNullException.ThrowIfNull(tape);
        ArgumentNullException.ThrowIfNull(x);
        ArgumentNullException.ThrowIfNull(shares);
        var factor = shares.Slice(which, 1);
        var y = tape.New(x.Shape);
        Multiply(tape, x, factor, y, accumulate: false);
        tape.Record("loss_share", () =>
        {
            if (Tape.GradOf(y) is not { } dy || !x.RequiresGrad) return;
            var dx = tape.Sink(x, out bool accumulate);
            Multiply(tape, dy, factor, dx, accumulate);
        });
        return y;
    }

    /// <summary>The product of a 1×1 matrix with a row.</summary>
    private static void Multiply(Tape tape, Tensor x, Tensor factor, Tensor y, bool accumulate) =>
        tape.Backend.MatMul(factor, transposeA: false, x, transposeB: false, y, 1, accumulate ? 1 : 0);
}
