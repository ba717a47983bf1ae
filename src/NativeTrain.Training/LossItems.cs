namespace NativeTrain.Training;

/// <summary>The terms of a task's loss, with their gains: of an image, or a mean over images.</summary>
/// <param name="Names">"box", "cls", "dfl"; of each task its own.</param>
/// <param name="Values">A value for each name.</param>
public sealed record LossItems(IReadOnlyList<string> Names, IReadOnlyList<double> Values)
{
    public double Total => Values.Sum();

    /// <summary>All terms 0.</summary>
    public static LossItems Zero(IReadOnlyList<string> names)
    {
        ArgumentNullException.ThrowIfNull(names);
        return new LossItems(names, new double[names.Count]);
    }

    /// <summary>The mean after <paramref name="more"/> more, whose mean is <paramref name="next"/>: this is that of <paramref name="count"/> before them.</summary>
    public LossItems Mean(LossItems next, int count, int more = 1)
    {
        ArgumentNullException.ThrowIfNull(next);
        return new LossItems(Names, [.. Values.Select((mean, i) => mean + (next.Values[i] - mean) * more / (count + more))]);
    }
}
