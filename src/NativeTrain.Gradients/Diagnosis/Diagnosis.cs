namespace NativeTrain.Gradients;

/// <summary>What a failure usually means, read off the pattern of what is wrong: its ratio to what is right, and its places.</summary>
internal static class Diagnosis
{
    /// <summary>A line each, most telling first; none where the case passed.</summary>
    public static IReadOnlyList<string> Of(CaseResult result)
    {
        var lines = new List<string>();
        lines.AddRange(result.Problems.Select(OfProblem).OfType<string>());
        if (result.Kind == CaseKind.Model) lines.AddRange(ModelPattern.Of(result));
        var failed = result.Inputs.Where(i => i.Failed.Any(e => e.Index >= 0)).ToList();
        foreach (var input in failed)
        {
            // Two uses tell something new only where one use is right.
            if (input.Uses > 1 && failed.Any(i => i.Uses == 1 && i.Name == input.Name)) continue;
            lines.AddRange(OfInput(input).Select(line => $"{input.Name}: {line}"));
        }
        if (lines.Count == 0 && result.Inputs.Any(i => i.Failed.Any()))
            lines.Add("the elements that were compared are right and a direction through all is not: a few of the others are wrong; raise elements= to find them");
        if (result.Undecidable is { } u)
            lines.Add($"{u.Name}: differences of this function say little: it is too steep, or too flat, at these values; try another seed= or shape=, or give the case a formula in double");
        return lines;
    }

    private static IEnumerable<string> OfInput(InputResult input)
    {
        var failed = input.Failed.Where(e => e.Index >= 0).ToList();
        if (failed.Any(e => !double.IsFinite(e.Analytic)))
        {
            yield return "not a number: the op reads memory that nobody set, most often because it adds where Sink says accumulate = false, which asks it to overwrite";
            yield break;
        }
        if (input.Uses > 1)
        {
            yield return RatioPattern.OfTwoUses(failed);
            yield break;
        }
        if (ShiftPattern.Of(input) is { } shift) yield return shift;
        else yield return RatioPattern.Of(input, failed);
        foreach (string place in PlacePattern.Of(input)) yield return place;
    }

    private static string? OfProblem(string problem) => problem switch
    {
        _ when problem.Contains("still live", StringComparison.Ordinal) => "memory: a tensor is made by Tensor.Create and not disposed; what the tape is to free is made by tape.New",
        _ when problem.Contains("every gradient is zero", StringComparison.Ordinal) => "no gradient at all: tape.Record is missing, or Backward returns before it asks for a Sink",
        _ when problem.Contains("in double", StringComparison.Ordinal) => "the forward pass and the formula in double are two functions: one of them is wrong, and gradients cannot agree",
        _ => null,
    };
}
