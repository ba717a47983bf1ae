using TorchSharp;
using static TorchSharp.torch;

namespace NativeTrain.Peers;

/// <summary>What cells are to learn.</summary>
/// <param name="Positive">[P]: numbers of the assigned cells, image · cells + cell.</param>
/// <param name="Truth">[P]: their objects, image · M + object.</param>
/// <param name="Score">[P]: their target scores.</param>
internal readonly record struct Assignment(Tensor Positive, Tensor Truth, Tensor Score);

/// <summary>
/// Task-aligned assigner (Feng et al., "TOOD", ICCV 2021) over a whole batch at once, with scoreᵅ·CIoUᵝ, α = 0.5, β = 6: an object claims
/// its ten best cells of those whose centres it holds; a cell of several goes to the one it overlaps most. CIoU and scores are computed
/// for the pairs of object and cell alone that can match, a few hundredths of all.
/// </summary>
internal static class TorchAssigner
{
    private const int TopK = 10;

    /// <param name="logits">[N,A,nc].</param>
    /// <param name="boxes">[N,A,4] predicted, pixels.</param>
    /// <param name="centres">[A,2], pixels.</param>
    /// <param name="truth">[N,M,4] true boxes, pixels; rows of zeros hold no cell.</param>
    /// <param name="classes">[N,M], whole numbers.</param>
    public static Assignment Assign(Tensor logits, Tensor boxes, Tensor centres, Tensor truth, Tensor classes)
    {
        long n = truth.shape[0], m = truth.shape[1], cells = centres.shape[0];
        var corners = truth.unsqueeze(2).chunk(2, -1); // [N,M,1,2] each
        var inside = (centres - corners[0] > 0).logical_and_(corners[1] - centres > 0).all(-1); // [N,M,A]
        var pair = inside.reshape(-1).nonzero().squeeze(1); // image · M · A + object · A + cell
        var of = pair.div(cells, RoundingMode.floor); // image · M + object
        var at = of.div(m, RoundingMode.floor) * cells + pair.remainder(cells); // image · A + cell

        var overlap = TorchBoxes.Ciou(boxes.reshape(-1, 4).index_select(0, at), truth.reshape(-1, 4).index_select(0, of)).clamp_min_(0);
        var score = logits.reshape(-1).index_select(0, at * logits.shape[2] + classes.reshape(-1).index_select(0, of)).sigmoid();
        var metric = score.sqrt() * overlap.pow(6);
        var overlaps = zeros(n * m * cells).index_copy_(0, pair, overlap).reshape(n, m, cells);
        var metrics = zeros(n * m * cells).index_copy_(0, pair, metric).reshape(n, m, cells);

        var (best, where) = metrics.topk((int)Math.Min(TopK, cells), -1);
        var claims = zeros(n, m, cells).scatter_(2, where, (best > 0).to(ScalarType.Float32));
        // A cell that several objects claim goes to the one it overlaps most, of all that hold it.
        var several = (claims.sum(1, keepdim: true) > 1).to(ScalarType.Float32);
        var most = zeros(n, m, cells).scatter_(1, overlaps.argmax(1, keepdim: true), ones(n, 1, cells));
        claims = claims * (1 - several) + most * several;

        metrics = metrics * claims;
        var norm = (overlaps * claims).amax([2], keepdim: true) / (metrics.amax([2], keepdim: true) + 1e-9);
        var positive = claims.amax([1]).reshape(-1).nonzero().squeeze(1);
        var owner = claims.argmax(1).reshape(-1).index_select(0, positive) + positive.div(cells, RoundingMode.floor) * m;
        return new Assignment(positive, owner, (metrics * norm).amax([1]).reshape(-1).index_select(0, positive));
    }
}
