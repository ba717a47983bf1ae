using NativeTrain.Core;

namespace NativeTrain.Gradients;

/// <summary>Compares given gradients with differences of an objective.</summary>
/// <param name="gradCase">Whose gradients.</param>
/// <param name="objective">The function that they are of.</param>
/// <param name="gradients">Of every input.</param>
/// <param name="compass">Gradients in F32, by which directions are chosen: along the roundings of 16-bit gradients these would look too large.</param>
/// <param name="type">The type that the gradients were computed in.</param>
/// <param name="tolerance">The most that an error may be.</param>
/// <param name="options">How many elements, and the first step.</param>
/// <param name="random">Chooses elements and directions.</param>
internal sealed class Comparing(GradCase gradCase, IObjective objective, float[][] gradients, float[][] compass, DType type, double tolerance, GradCheckOptions options, Random random)
{
    /// <summary>A case that failed is looked at more closely, so that the pattern shows.</summary>
    private const int ElementsOfAFailure = 600;

    private double FirstStep => options.Step ?? (gradCase.Reference is null ? gradCase.Step : Tolerances.StepInDouble);

    /// <summary>What an input is called where it has no name.</summary>
    public static string NameOf(GradCase gradCase, int input) => gradCase.Inputs[input].Name ?? $"input {input}";

    /// <summary>Element by element; a sample of them, and a direction through all, where an input has many.</summary>
    public IEnumerable<InputResult> Inputs() => Enumerable.Range(0, gradients.Length).Select(Input);

    private InputResult Input(int input)
    {
        int[] elements = [.. Enumerable.Range(0, gradients[input].Length)];
        int most = Math.Min(gradCase.Elements, options.Elements);
        if (elements.Length <= most) return Elements(input, elements, sampled: false);
        random.Shuffle(elements);
        var result = Elements(input, elements.Take(most), sampled: true);
        return result.Failed.Any() ? Elements(input, elements.Take(Math.Max(most, ElementsOfAFailure)), sampled: true) : result;
    }

    private InputResult Elements(int input, IEnumerable<int> elements, bool sampled)
    {
        double largest = Math.Max(Largest(gradients[input]), Tolerances.VanishingElement(type) * gradients.Max(Largest));
        var slopes = elements.Order().Select(e => (Element: e, Slope: SlopeAlong(new Line.Element(input, e), tolerance * largest / 4))).ToList();
        double scale = Math.Max(largest, slopes.Where(s => s.Slope.Error < 0.1 * Math.Abs(s.Slope.Value) && double.IsFinite(s.Slope.Value)).Select(s => Math.Abs(s.Slope.Value)).DefaultIfEmpty().Max());
        List<ElementResult> results = [.. slopes.Select(s => Judge(new Line.Element(input, s.Element), s.Element, gradients[input][s.Element], s.Slope, scale))];
        if (sampled) results.Add(Direction([input]));
        var shape = gradCase.Inputs[input];
        return new InputResult(NameOf(gradCase, input), shape.Shape, shape.Learned, 1, scale, tolerance, results);
    }

    /// <summary>
    /// Along a random direction, group by group, and one through everything. Of the groups that fail the last, which the walk back comes to first, is taken
    /// apart: input by input, and the wrong ones of these by their elements.
    /// </summary>
    public IEnumerable<InputResult> Groups()
    {
        int[] all = [.. Enumerable.Range(0, gradients.Length)];
        var groups = all.GroupBy(i => gradCase.Inputs[i].Group ?? NameOf(gradCase, i)).Select(g => (Inputs: g.ToArray(), Result: Group(g.Key, [.. g]))).ToList();
        foreach (var group in groups) yield return group.Result;
        yield return Group("everything", all);
        var wrong = groups.LastOrDefault(g => g.Result.Failed.Any());
        foreach (int input in wrong.Inputs ?? [])
            if (Group(NameOf(gradCase, input), [input]) is var one && one.Failed.Any())
                yield return one with { Shape = gradCase.Inputs[input].Shape, Learned = gradCase.Inputs[input].Learned, Elements = [.. one.Elements, .. Steepest(input)] };
    }

    private InputResult Group(string name, IReadOnlyList<int> group) => new(name, new Shape(), true, 1, 1, tolerance, [Direction(group)]);

    /// <summary>The elements with the largest gradients, where differences of a large model still tell something.</summary>
    private IEnumerable<ElementResult> Steepest(int input)
    {
        float[] g = gradients[input];
        double largest = Largest(g);
        foreach (int e in Enumerable.Range(0, g.Length).OrderByDescending(e => Math.Abs(g[e])).Take(4))
        {
            var line = new Line.Element(input, e);
            yield return Judge(line, e, g[e], SlopeAlong(line, tolerance * largest / 4), largest);
        }
    }

    private ElementResult Direction(IReadOnlyList<int> group)
    {
        var line = Line.Direction.Along(group, compass, random);
        double promised = line.Times(gradients);
        if (gradCase.ByDirection) objective.MeasureRounding(line);
        double floor = Math.Max(Tolerances.VanishingElement(type) * gradients.Max(Largest), Tolerances.VanishingPart * WholeLength);
        var slope = SlopeAlong(line, tolerance * Math.Max(Math.Abs(promised), floor) / 4);
        return Judge(line, -1, promised, slope, ((double[])[promised, slope.Value]).Where(double.IsFinite).Select(Math.Abs).Append(floor).Max());
    }

    private double WholeLength => Math.Sqrt(gradients.Sum(g => g.Where(float.IsFinite).Sum(v => (double)v * v)));

    /// <summary>A gradient's largest finite magnitude, by which its errors are measured.</summary>
    public static double Largest(float[] gradient) => Math.Max(Tolerances.SmallestScale, gradient.Select(Math.Abs).Where(float.IsFinite).DefaultIfEmpty().Max());

    private Slope SlopeAlong(Line line, double? enough) => Slope.Of(t => objective.At(line, t), objective.Middle, FirstStep, gradCase.ByDirection ? Tolerances.ModelHalvings : Tolerances.Halvings, enough);

    /// <summary>What looks wrong, or cannot be told, is differenced again at every step before it is called that.</summary>
    private ElementResult Judge(Line line, int element, double analytic, in Slope slope, double scale)
    {
        var result = Judge(element, analytic, slope, scale);
        return result.Verdict is Verdict.Failed or Verdict.Undecided ? Judge(element, analytic, SlopeAlong(line, enough: null), scale) : result;
    }

    /// <summary>Wrong is what differs by more than the tolerance and what the differences themselves may be off by.</summary>
    private ElementResult Judge(int element, double analytic, in Slope slope, double scale)
    {
        double difference = Math.Abs(analytic - slope.Value), allowed = tolerance * scale;
        var verdict = !double.IsFinite(analytic) ? Verdict.Failed
            : difference <= allowed + slope.Error ? (slope.Error <= allowed ? Verdict.Passed : Verdict.Undecided)
            : slope.Kink && analytic >= Math.Min(slope.Left, slope.Right) - allowed && analytic <= Math.Max(slope.Left, slope.Right) + allowed ? Verdict.Kink
            : Verdict.Failed; // where the difference is NaN, too
        return new ElementResult(element, analytic, slope.Value, slope.Error, difference / scale, verdict);
    }
}
