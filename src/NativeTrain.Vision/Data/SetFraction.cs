namespace NativeTrain.Vision.Data;

/// <summary>A part of a set, for quick trials (the option <c>fraction</c>).</summary>
internal static class SetFraction
{
    /// <summary>This part of the items, at least one, in their order; which ones depends on the seed alone.</summary>
    /// <param name="items">All of them.</param>
    /// <param name="fraction">Above 0 and up to 1.</param>
    /// <param name="seed">The run's seed.</param>
    public static IReadOnlyList<T> Choose<T>(IReadOnlyList<T> items, double fraction, int seed)
    {
        if (!(fraction > 0 && fraction <= 1)) throw new ArgumentException($"fraction {fraction} is not in (0, 1]");
        if (fraction == 1) return items;
        int count = Math.Max(1, (int)Math.Round(items.Count * fraction));
        int[] chosen = new SampleRandom(seed, -1, -1).Permutation(items.Count)[..count];
        Array.Sort(chosen);
        return [.. chosen.Select(i => items[i])];
    }
}
