using NativeTrain.Core;

namespace NativeTrain.Gradients;

/// <summary>What became of one element's, or one direction's, comparison.</summary>
public enum Verdict
{
    /// <summary>Analytic and numeric value agree.</summary>
    Passed,
    /// <summary>The differences are not sure enough of themselves to tell.</summary>
    Undecided,
    /// <summary>The function has a kink there, and the analytic value lies between the slopes on its two sides.</summary>
    Kink,
    /// <summary>The analytic value is wrong.</summary>
    Failed,
}

/// <summary>One compared derivative.</summary>
/// <param name="Index">The element, counted in memory order; −1: a random direction through all elements.</param>
/// <param name="Analytic">What the walk back gave.</param>
/// <param name="Numeric">What differences gave.</param>
/// <param name="NumericError">How far <paramref name="Numeric"/> may be off by its own account.</param>
/// <param name="Error">|analytic − numeric| / the gradient's largest magnitude (of a direction: / the larger of the two).</param>
/// <param name="Verdict">What became of it.</param>
public sealed record ElementResult(int Index, double Analytic, double Numeric, double NumericError, double Error, Verdict Verdict);

/// <summary>All comparisons of one input of a case, or of a group of inputs that were moved together.</summary>
/// <param name="Name">The input's name.</param>
/// <param name="Shape">Its shape, by which an index becomes coordinates.</param>
/// <param name="Learned">Whether it is a parameter: its gradient accumulates in memory of its own.</param>
/// <param name="Uses">1; 2 where the gradient of two uses is compared with twice that of one.</param>
/// <param name="Scale">What errors are a part of.</param>
/// <param name="Tolerance">The most that an error may be.</param>
/// <param name="Elements">The comparisons.</param>
public sealed record InputResult(string Name, Shape Shape, bool Learned, int Uses, double Scale, double Tolerance, IReadOnlyList<ElementResult> Elements)
{
    /// <summary>Whether this is one direction through a group of inputs (a layer), which has no shape of its own.</summary>
    public bool IsGroup => Shape.Rank == 0;

    /// <summary>Those that are wrong.</summary>
    public IEnumerable<ElementResult> Failed => Elements.Where(e => e.Verdict == Verdict.Failed);

    /// <summary>The one to show: the worst that is wrong, else the worst.</summary>
    public ElementResult Worst => Elements
        .OrderByDescending(e => e.Verdict == Verdict.Failed).ThenByDescending(e => e.Verdict == Verdict.Passed)
        .ThenByDescending(e => double.IsNaN(e.Error) ? double.PositiveInfinity : e.Error).ThenByDescending(e => Math.Abs(e.Analytic)).First();

    /// <summary>"x [2, 3, 3, 17] at [0, 1, 2, 5]".</summary>
    public string Place(ElementResult element)
    {
        ArgumentNullException.ThrowIfNull(element);
        string what = IsGroup ? Name : $"{Name} {Shape}";
        return element.Index < 0 ? $"{what}, a direction" : $"{what} at [{string.Join(", ", Coordinates(element.Index))}]";
    }

    /// <summary>Coordinates of an index, outermost first.</summary>
    public int[] Coordinates(int index)
    {
        var at = new int[Shape.Rank];
        for (int axis = at.Length - 1; axis >= 0; axis--) (index, at[axis]) = (index / Shape[axis], index % Shape[axis]);
        return at;
    }
}

/// <summary>How much of something differences could not decide.</summary>
/// <param name="Name">An input, or "the layers".</param>
/// <param name="Undecided">Comparisons that told nothing.</param>
/// <param name="Compared">All of them.</param>
public sealed record Undecidable(string Name, int Undecided, int Compared)
{
    internal static Undecidable Of(string name, IEnumerable<InputResult> inputs)
    {
        ElementResult[] compared = [.. inputs.SelectMany(i => i.Elements)];
        return new Undecidable(name, compared.Count(e => e.Verdict == Verdict.Undecided), compared.Length);
    }
}

/// <summary>What the check of one case found.</summary>
/// <param name="Kind">Op, block, loss or model.</param>
/// <param name="Subject">The op's, block's, loss's or model's name.</param>
/// <param name="Name">What is special about the case.</param>
/// <param name="Type">Element type of its maps.</param>
/// <param name="Inputs">The comparisons, input by input.</param>
/// <param name="Problems">What else is wrong, a line each: a leak, a value that is not the reference's, no gradient at all.</param>
/// <param name="Seconds">How long it took.</param>
public sealed record CaseResult(CaseKind Kind, string Subject, string Name, DType Type, IReadOnlyList<InputResult> Inputs, IReadOnlyList<string> Problems, double Seconds)
{
    /// <summary>The largest part of an input's comparisons, or of a network's layers, that may be undecided.</summary>
    private const double MostUndecided = 0.5;

    /// <summary>Whether all gradients are right.</summary>
    public bool Passed => Problems.Count == 0 && Undecidable is null && !Inputs.Any(i => i.Failed.Any());

    /// <summary>
    /// What was no check, and is not called one, for more than half of its comparisons told nothing: an input by its elements; a network by its layers, of
    /// which each has one direction only. Null: all was decided well enough.
    /// </summary>
    public Undecidable? Undecidable => Inputs.Where(i => !i.IsGroup).Select(i => Gradients.Undecidable.Of(i.Name, [i]))
        .Append(Gradients.Undecidable.Of("the layers", Inputs.Where(i => i.IsGroup)))
        .FirstOrDefault(u => u.Undecided > MostUndecided * u.Compared);

    /// <summary>Derivatives compared.</summary>
    public int Compared => Inputs.Sum(i => i.Elements.Count);

    /// <summary>How many of them have a verdict.</summary>
    public int Count(Verdict verdict) => Inputs.Sum(i => i.Elements.Count(e => e.Verdict == verdict));

    /// <summary>The input whose worst element is to be shown: one that failed, else that with the largest error; null where nothing was compared.</summary>
    public InputResult? Worst => Inputs.OrderByDescending(i => i.Failed.Any()).ThenBy(i => i.Uses).ThenByDescending(i => i.Worst.Error / i.Tolerance).FirstOrDefault();

    /// <summary>What a failure at these elements usually means, a line each, most telling first; empty where the case passed.</summary>
    public IReadOnlyList<string> Explain() => Diagnosis.Of(this);

    /// <summary>A failure in a few lines, fit for a test's message: what, where, both values, and what it usually means; "passed" where it did.</summary>
    public override string ToString() =>
        Passed ? $"{Subject}: {Name}: passed" : string.Join(Environment.NewLine, Lines(explain: true).Prepend($"{Subject}: {Name}: FAILED"));

    /// <summary>What is wrong, a line each.</summary>
    /// <param name="explain">Whether to say what it usually means.</param>
    public IReadOnlyList<string> Lines(bool explain)
    {
        List<string> lines = [.. Problems];
        foreach (var input in Inputs.Where(i => i.Failed.Any()))
        {
            var worst = input.Worst;
            lines.Add($"{input.Place(worst)}{(input.Uses > 1 ? $", used {input.Uses} times" : "")}: analytic {worst.Analytic:g6}, numeric {worst.Numeric:g6}, error {worst.Error:g3} of the largest, allowed {input.Tolerance:g2}; {input.Failed.Count()} of {input.Elements.Count} wrong");
        }
        if (Undecidable is { } u) lines.Add($"{u.Name}: differences cannot tell: {u.Undecided} of {u.Compared} are undecided");
        if (explain) lines.AddRange(Explain().Select(e => "usually: " + e));
        return lines;
    }
}
