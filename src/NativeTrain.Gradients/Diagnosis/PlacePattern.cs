namespace NativeTrain.Gradients;

/// <summary>What the places of wrong elements say, where others of the same input are right.</summary>
internal static class PlacePattern
{
    private static readonly int[] VectorLengths = [4, 8, 16];

    public static IEnumerable<string> Of(InputResult input)
    {
        var compared = input.Elements.Where(e => e.Index >= 0).ToList();
        var wrong = compared.Where(e => e.Verdict == Verdict.Failed).ToList();
        if (wrong.Count == compared.Count || input.Shape.Rank == 0) yield break;
        // An element whose gradient is next to nothing is right under any mistake.
        var right = compared.Where(e => e.Verdict == Verdict.Passed && Math.Abs(e.Numeric) > 0.05 * input.Scale).ToList();
        if (right.Count == 0) yield break;
        if (Border(input, wrong, right)) yield return "only elements at the map's border are wrong: padding, the last row or column, or a window that is cut off there";
        if (Channels(input, wrong, right) is { } channels) yield return channels;
        if (input.Shape.Rank > 1 && Only(input, wrong, right, 0) is { Count: > 0 } images) yield return $"only {Listed(input.Learned ? "output channel" : "image", images)} wrong: a loop's bound or a stride over the outermost extent";
    }

    private static bool Border(InputResult input, IEnumerable<ElementResult> wrong, IEnumerable<ElementResult> right)
    {
        if (input.Shape.Rank != 4 || input.Learned || input.Shape[1] < 3 || input.Shape[2] < 3) return false;
        return wrong.All(At) && !right.All(At);

        bool At(ElementResult e)
        {
            int[] at = input.Coordinates(e.Index);
            return at[1] == 0 || at[1] == input.Shape[1] - 1 || at[2] == 0 || at[2] == input.Shape[2] - 1;
        }
    }

    private static string? Channels(InputResult input, IEnumerable<ElementResult> wrong, IEnumerable<ElementResult> right)
    {
        int c = input.Shape.C;
        var only = Only(input, wrong, right, input.Shape.Rank - 1);
        if (only.Count == 0) return null;
        if (Remainder(only, c))
            return $"only the last {Listed("channel", only)} wrong, of {c}: the remainder after whole vectors is handled wrongly, or a slice ends there that should not";
        if (only.Count == 1) return $"only channel {only[0]} of {c} is wrong: a slice's begin or end, or a loop's bound, is off by one";
        bool run = only[^1] - only[0] == only.Count - 1;
        return run ? $"only channels {only[0]} to {only[^1]} of {c} are wrong: a slice's range or offset" : $"only {Listed("channel", only)} wrong, of {c}";
    }

    /// <summary>What is left of so many channels after whole vectors of 4, 8 or 16.</summary>
    private static bool Remainder(List<int> only, int channels) =>
        VectorLengths.Any(v => only[0] > 0 && only[0] == channels / v * v && only.Count == channels - only[0]);

    /// <summary>"image 0 is", "images 0, 1 are".</summary>
    private static string Listed(string what, List<int> at) => at.Count == 1 ? $"{what} {at[0]} is" : $"{what}s {string.Join(", ", at)} are";

    /// <summary>The coordinates of an axis at which all wrong elements lie, where no right one lies there; empty: there is no such pattern.</summary>
    private static List<int> Only(InputResult input, IEnumerable<ElementResult> wrong, IEnumerable<ElementResult> right, int axis)
    {
        List<int> at = [.. wrong.Select(e => input.Coordinates(e.Index)[axis]).Distinct().Order()];
        return right.Any(e => at.Contains(input.Coordinates(e.Index)[axis])) || at.Count > input.Shape[axis] / 2 ? [] : at;
    }
}
