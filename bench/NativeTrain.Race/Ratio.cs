namespace NativeTrain.Race;

/// <summary>A figure of many rounds: its median, and the quartiles between which half of the rounds lie.</summary>
public readonly record struct Spread(double Low, double Median, double High)
{
    /// <summary>Quartiles by linear interpolation between the sorted values.</summary>
    public static Spread Of(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        if (sorted.Length == 0) throw new ArgumentException("no values", nameof(values));
        return new Spread(At(0.25), At(0.5), At(0.75));

        double At(double part)
        {
            double place = part * (sorted.Length - 1);
            int below = (int)place, above = Math.Min(below + 1, sorted.Length - 1);
            return sorted[below] + (place - below) * (sorted[above] - sorted[below]);
        }
    }
}

/// <summary>
/// How many times as long one engine takes as another. Of the medians; the quartiles are those of the single rounds' ratios, in which both ran
/// one right after the other, so that what slows the machine for a while slows both.
/// </summary>
public static class Ratio
{
    /// <param name="slow">Seconds of each round.</param>
    /// <param name="fast">Seconds of each round, of the other one.</param>
    public static Spread Of(IReadOnlyList<double> slow, IReadOnlyList<double> fast)
    {
        ArgumentNullException.ThrowIfNull(slow);
        ArgumentNullException.ThrowIfNull(fast);
        if (slow.Count != fast.Count) throw new ArgumentException($"{slow.Count} rounds of one, {fast.Count} of the other");
        var rounds = Spread.Of(slow.Zip(fast, (s, f) => s / f));
        return rounds with { Median = Spread.Of(slow).Median / Spread.Of(fast).Median };
    }
}
