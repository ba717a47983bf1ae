namespace NativeTrain.Gradients;

/// <summary>Whether analytic values are right ones in the wrong place: those of the element one channel, one column or one image beside.</summary>
internal static class ShiftPattern
{
    /// <summary>So many of the wrong elements must be explained by it, and at least so many.</summary>
    private const double Most = 0.8;
    private const int Least = 3;

    public static string? Of(InputResult input)
    {
        var at = input.Elements.Where(e => e.Index >= 0).ToDictionary(e => e.Index);
        // A few elements that are all alike would fit any shift.
        if (at.Values.Select(e => Math.Round(e.Numeric / input.Scale, 2)).Distinct().Count() < Least) return null;
        int distance = 1;
        for (int axis = input.Shape.Rank - 1; axis >= 0; axis--)
        {
            foreach (int sign in (int[])[1, -1])
                if (Explains(input, at, sign * distance)) return Text(input, axis, sign);
            distance *= input.Shape[axis];
        }
        return null;
    }

    private static bool Explains(InputResult input, Dictionary<int, ElementResult> at, int offset)
    {
        int known = 0, explained = 0, failed = 0;
        foreach (var e in input.Failed.Where(e => e.Index >= 0))
        {
            failed++;
            if (!at.TryGetValue(e.Index + offset, out var other)) continue;
            known++;
            if (Math.Abs(e.Analytic - other.Numeric) <= 2 * input.Tolerance * input.Scale + other.NumericError) explained++;
        }
        return known >= Least && 2 * known >= failed && explained >= Most * known;
    }

    private static string Text(InputResult input, int axis, int sign)
    {
        string what = input.Shape.Rank == 4 ? ((string[])["image", "row", "column", "channel"])[axis] : axis == input.Shape.Rank - 1 ? "channel" : $"step of axis {axis}";
        return $"every wrong value is the right one of the {(sign > 0 ? "next" : "previous")} {what}: an offset is one {what} off (a slice's begin, or its distance between pixels, ld)";
    }
}
