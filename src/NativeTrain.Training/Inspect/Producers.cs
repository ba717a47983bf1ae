using NativeTrain.Core;

namespace NativeTrain.Training;

/// <summary>
/// Which node wrote which channels of which tensor. A concat that is written in place has one producer a range, until a node that stands for
/// all of it follows.
/// </summary>
internal sealed class Producers
{
    private readonly Dictionary<Tensor, List<(long Begin, long End, int Node)>> ranges = [];

    public void Add(Tensor output, int node)
    {
        var (whole, begin, end) = RangeOf(output);
        if (!ranges.TryGetValue(whole, out var list)) ranges[whole] = list = [];
        list.RemoveAll(r => begin <= r.Begin && r.End <= end);
        list.Add((begin, end, node));
    }

    /// <summary>The nodes that wrote what a tensor shows, in order.</summary>
    public IEnumerable<int> Of(Tensor input)
    {
        var (whole, begin, end) = RangeOf(input);
        return ranges.TryGetValue(whole, out var list) ? list.Where(r => r.Begin < end && begin < r.End).Select(r => r.Node) : [];
    }

    private static (Tensor Whole, long Begin, long End) RangeOf(Tensor t)
    {
        var whole = t.Whole ?? t;
        long begin = t.Offset - whole.Offset;
        return (whole, begin, begin + t.C);
    }
}
