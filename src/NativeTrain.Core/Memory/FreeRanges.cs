namespace NativeTrain.Core;

/// <summary>
/// The free parts of a range of addresses that never ends: finds the smallest that fits, joins neighbours.
/// Offsets only; whose addresses they are and whether memory is behind them is no matter here.
/// </summary>
internal sealed class FreeRanges
{
    private readonly SortedSet<(long Size, long Start)> bySize = [];
    private readonly Dictionary<long, long> sizeByStart = [], startByEnd = [];

    /// <summary>Everything from here on is free.</summary>
    public long Top { get; private set; }

    /// <summary>The free parts below <see cref="Top"/>, in no order.</summary>
    public IEnumerable<(long Start, long Size)> Below => sizeByStart.Select(r => (r.Key, r.Value));

    /// <summary>Takes <paramref name="size"/> bytes out of the smallest part that has them, the lowest of equals; returns the offset.</summary>
    public long Take(long size)
    {
        var fit = bySize.GetViewBetween((size, 0), (long.MaxValue, long.MaxValue)).Min;
        if (fit.Size == 0)
        {
            long start = Top;
            Top += size;
            return start;
        }
        Remove(fit.Start, fit.Size);
        if (fit.Size > size) Insert(fit.Start + size, fit.Size - size);
        return fit.Start;
    }

    /// <summary>Gives a part back.</summary>
    public void Give(long start, long size)
    {
        if (startByEnd.TryGetValue(start, out long before))
        {
            size += start - before;
            Remove(before, start - before);
            start = before;
        }
        long end = start + size;
        if (end == Top)
        {
            Top = start;
            return;
        }
        if (sizeByStart.TryGetValue(end, out long after))
        {
            Remove(end, after);
            size += after;
        }
        Insert(start, size);
    }

    private void Insert(long start, long size)
    {
        bySize.Add((size, start));
        sizeByStart.Add(start, size);
        startByEnd.Add(start + size, start);
    }

    private void Remove(long start, long size)
    {
        bySize.Remove((size, start));
        sizeByStart.Remove(start);
        startByEnd.Remove(start + size);
    }
}
