namespace NativeTrain.Gradients;

/// <summary>The derivative of a function along a line, by differences.</summary>
/// <param name="Value">The derivative.</param>
/// <param name="Error">How far <paramref name="Value"/> may be off, by what differences of two steps say of each other and by rounding.</param>
/// <param name="Left">The slope on the left alone.</param>
/// <param name="Right">The slope on the right alone.</param>
/// <param name="Kink">Whether left and right do not approach each other as the step shrinks.</param>
internal readonly record struct Slope(double Value, double Error, double Left, double Right, bool Kink)
{
    /// <summary>
    /// Central differences at h and h/2, combined by Richardson's extrapolation; h is halved until the two agree, or rounding has
    /// the better of them, and the best pair is kept that no narrower one contradicts.
    /// </summary>
    /// <param name="f">The function along the line.</param>
    /// <param name="middle">It at 0.</param>
    /// <param name="step">The first h.</param>
    /// <param name="halvings">How often it may be halved.</param>
    /// <param name="enough">An error that is small enough to stop at; null: every step is tried.</param>
    public static Slope Of(Func<double, Sample> f, Sample middle, double step, int halvings, double? enough)
    {
        var found = new List<Slope>();
        var wide = Pair.At(f, middle, step);
        for (int halving = 1; halving <= halvings; halving++)
        {
            var narrow = Pair.At(f, middle, step / (1 << halving));
            var slope = Between(wide, narrow);
            found.Add(slope);
            bool roundingRules = halving > 1 && narrow.Rounding > slope.Error / 2;
            if (enough is { } e && (slope.Error <= e || roundingRules) || double.IsNaN(slope.Error)) break;
            wide = narrow;
        }
        return found.Select((s, i) => s with { Error = Contradicted(s, found.Skip(i + 1)) }).MinBy(s => s.Error);
    }

    /// <summary>The error of a pair in the light of narrower ones: those that lie outside of both errors show that it agreed by chance.</summary>
    private static double Contradicted(Slope slope, IEnumerable<Slope> narrower) => narrower
        .Where(n => Math.Abs(n.Value - slope.Value) > n.Error + slope.Error)
        .Select(n => Math.Abs(n.Value - slope.Value) + n.Error).Append(slope.Error).Max();

    /// <summary>Richardson: D(h/2) + (D(h/2) − D(h))/3, of which the last term is also what it may be off.</summary>
    private static Slope Between(in Pair wide, in Pair narrow)
    {
        double correction = (narrow.Central - wide.Central) / 3;
        // Of a smooth function left and right differ by h·f″, half as much at half the step.
        double before = Math.Abs(wide.Right - wide.Left), after = Math.Abs(narrow.Right - narrow.Left);
        bool kink = after > 0.75 * before && after > 4 * narrow.Rounding;
        return new Slope(narrow.Central + correction, Math.Abs(correction) + narrow.Rounding, narrow.Left, narrow.Right, kink);
    }

    /// <summary>The three differences at one step.</summary>
    private readonly record struct Pair(double Central, double Left, double Right, double Rounding)
    {
        public static Pair At(Func<double, Sample> f, Sample middle, double h)
        {
            Sample above = f(h), below = f(-h);
            var (central, rounding) = above.Minus(below);
            return new Pair(central, middle.Minus(below).Slope, above.Minus(middle).Slope, rounding);
        }
    }
}
