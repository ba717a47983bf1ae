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
/// its ten best cells of those whose centres it holds; a cell of several goes to the one it overlaps most. Everything but the choice of the ten is computed
/// of lists: of the pairs of object and cell that can match, a few hundredths of all, and of the claims.
/// </summary>
internal static class TorchAssigner
{
    private const int TopK = 10;

    /// <summary>The largest value of each number; TorchSharp has no name for it.</summary>
    private static readonly jit.CompilationUnit Code = jit.compile("""
        def largest(into: Tensor, numbers: Tensor, values: Tensor) -> Tensor:
            return torch.scatter_reduce(into, 0, numbers, values, "amax")

        """);

    /// <param name="logits">[N,A,nc].</param>
    /// <param name="boxes">[N,A,4] predicted, pixels.</param>
    /// <param name="centres">[A,2], pixels.</param>
    /// <param name="truth">[N,M,4] true boxes, pixels; rows of zeros hold no cell.</param>
    /// <param name="classes">[N,M], whole numbers.</param>
    public static Assignment Assign(Tensor logits, Tensor boxes, Tensor centres, Tensor truth, Tensor classes)
    {
        long n = truth.shape[0], m = truth.shape[1], cells = centres.shape[0];
        var sides = truth.unsqueeze(2).unbind(-1); // [N,M,1] each
        var (x, y) = (centres.select(1, 0), centres.select(1, 1));
        var inside = (x > sides[0]).logical_and_(x < sides[2]).logical_and_(y > sides[1]).logical_and_(y < sides[3]); // [N,M,A]
        var pair = inside.reshape(-1).nonzero().squeeze(1); // (image · M + object) · A + cell
        var (owner, cell) = Split(pair, m, cells);
        var overlap = TorchBoxes.Ciou(boxes.reshape(-1, 4).index_select(0, cell), truth.reshape(-1, 4).index_select(0, owner)).clamp_min_(0);
        var score = logits.reshape(-1).index_select(0, cell * logits.shape[2] + classes.reshape(-1).index_select(0, owner)).sigmoid();
        var metric = score.sqrt() * overlap.pow(6);

        // Place of each pair in the list; where there is none, a metric of 0.
        var place = zeros(n * m * cells, ScalarType.Int64).index_copy_(0, pair, arange(pair.shape[0]));
        var (best, where) = zeros(n * m * cells).index_copy_(0, pair, metric).reshape(n * m, cells).topk((int)Math.Min(TopK, cells), -1);
        var claimed = (where + arange(n * m).unsqueeze(1) * cells).masked_select(best > 0);
        var claims = place.index_select(0, claimed);

        // A cell that several objects claim goes to the one it overlaps most, of all that hold it.
        var count = zeros(n * cells).index_add_(0, cell.index_select(0, claims), ones(claims.shape[0]), 1);
        var single = claims.masked_select(count.index_select(0, cell.index_select(0, claims)) == 1);
        var most = Largest(n * cells, cell, overlap);
        var resolved = ((count.index_select(0, cell) > 1).logical_and_(overlap > 0)).logical_and_(overlap == most.index_select(0, cell)).nonzero().squeeze(1);
        var chosen = cat([single, resolved]);

        (owner, cell, overlap, metric) = (owner.index_select(0, chosen), cell.index_select(0, chosen), overlap.index_select(0, chosen), metric.index_select(0, chosen));
        var norm = Largest(n * m, owner, overlap) / (Largest(n * m, owner, metric) + 1e-9);
        return new Assignment(cell, owner, metric * norm.index_select(0, owner));
    }

    /// <summary>Numbers of pairs → image · M + object, image · A + cell.</summary>
    private static (Tensor Owner, Tensor Cell) Split(Tensor pair, long m, long cells)
    {
        var owner = pair.div(cells, RoundingMode.floor);
        return (owner, owner.div(m, RoundingMode.floor) * cells + pair.remainder(cells));
    }

    private static Tensor Largest(long count, Tensor numbers, Tensor values) => (Tensor)Code.invoke("largest", zeros(count), numbers, values);
}
