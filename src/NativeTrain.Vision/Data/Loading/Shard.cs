using NativeTrain.Core;

namespace NativeTrain.Vision.Data;

/// <summary>Which part of every batch, or which batches, one of several processes loads.</summary>
/// <param name="Rank">The process, from 0.</param>
/// <param name="Ranks">How many there are.</param>
public readonly record struct Shard(int Rank, int Ranks)
{
    /// <summary>One process, which loads everything.</summary>
    public static Shard Whole { get; } = new(0, 1);

    /// <summary>This process's images of a batch; where there is none left for it, the batch's first, which then counts for nothing (<see cref="BatchShare"/>).</summary>
    public ArraySegment<int> Of(ArraySegment<int> items)
    {
        int first = BatchShare.First(items.Count, Rank, Ranks), end = BatchShare.First(items.Count, Rank + 1, Ranks);
        return end > first ? items.Slice(first, end - first) : items[..1];
    }

    /// <summary>The most images that a process has of a batch.</summary>
    public int Most(int images) => (images + Ranks - 1) / Ranks;

    /// <summary>How many of so many batches are this process's, where every Ranks-th is: Rank, Rank + Ranks, …</summary>
    public int Count(int batches) => (batches - Rank + Ranks - 1) / Ranks;

    /// <summary>The number of its i-th batch.</summary>
    public int Batch(int i) => Rank + i * Ranks;
}
