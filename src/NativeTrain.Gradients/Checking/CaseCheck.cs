using System.Diagnostics;
using NativeTrain.Core;

namespace NativeTrain.Gradients;

/// <summary>
/// Compares a case's gradients, as the tape's walk back leaves them, with differences of its outputs, contracted to one number
/// f = Σ w·y with fixed random w. In 16 bits the gradients are of 16-bit maps, the differences of the same (rounded) inputs in F32.
/// </summary>
internal sealed class CaseCheck
{
    private readonly IBackend backend;
    private readonly GradCase gradCase;
    private readonly GradCheckOptions options;
    private readonly DType type;
    private readonly double tolerance;
    private readonly Random random;
    private readonly Contraction contraction;
    private readonly List<string> problems = [];
    private readonly List<InputResult> inputs = [];

    private CaseCheck(IBackend backend, GradCase gradCase, GradCheckOptions options)
    {
        (this.backend, this.gradCase, this.options) = (backend, gradCase, options);
        type = gradCase.AnyMap ? options.Type : DType.F32;
        tolerance = options.Tolerance ?? Tolerances.Of(gradCase, type);
        // A seed of the case's own, the same in every process (string.GetHashCode is not).
        int seed = gradCase.ToString().Aggregate(17 + options.Seed, (hash, c) => unchecked(hash * 31 + c)) & int.MaxValue;
        random = new Random(seed);
        contraction = new Contraction(seed);
    }

    /// <summary>Checks one case.</summary>
    public static CaseResult Run(IBackend backend, GradCase gradCase, GradCheckOptions options)
    {
        var watch = Stopwatch.StartNew();
        var check = new CaseCheck(backend, gradCase, options);
        check.Run();
        return new CaseResult(gradCase.Kind, gradCase.Subject, gradCase.Name, check.type, check.inputs, check.problems, watch.Elapsed.TotalSeconds);
    }

    private void Run()
    {
        float[][] values = CaseRun.Draw(backend, gradCase, type, random);
        var analytic = Analytic.Of(backend, gradCase, values, contraction, type, uses: 1);
        if (analytic.Leaked != 0) problems.Add($"{analytic.Leaked} bytes are still live after the walk back");
        if (analytic.Gradients.All(g => g.All(v => v == 0))) problems.Add("every gradient is zero");
        using (IObjective objective = gradCase.Reference is null ? new KernelObjective(backend, gradCase, values, contraction, analytic.LossInDouble) : new DoubleObjective(backend, gradCase, values, contraction))
        {
            CompareValues(analytic.Outputs, objective);
            float[][] compass = type == DType.F32 ? analytic.Gradients : Analytic.Of(backend, gradCase, values, contraction, DType.F32, uses: 1).Gradients;
            var comparison = new Comparing(gradCase, objective, analytic.Gradients, compass, type, tolerance, options, random);
            inputs.AddRange(gradCase.ByDirection ? comparison.Groups() : comparison.Inputs());
        }
        if (!gradCase.OneUser) CompareWithTwoUses(values, analytic.Gradients);
    }

    /// <summary>A reference must be of the function that the kernels compute.</summary>
    private void CompareValues(float[][] outputs, IObjective objective)
    {
        if (gradCase.Reference is null && gradCase.Loss is null) return;
        double value = gradCase.Loss is null ? contraction.Terms([.. outputs.Select(y => Array.ConvertAll(y, v => (double)v))]).Sum() : outputs[0][0];
        double expected = objective.Middle.F, size = gradCase.Loss is null ? Math.Sqrt(objective.Middle.Terms.Sum(t => t * t)) : Math.Abs(expected);
        double allowed = 1e-4 + 20 * Tolerances.Epsilon(type);
        if (!(Math.Abs(value - expected) <= allowed * size)) problems.Add($"the value is {value:g7}, in double {expected:g7}");
    }

    /// <summary>Two users of an input: its gradient is the sum of both, whoever comes first.</summary>
    private void CompareWithTwoUses(float[][] values, float[][] once)
    {
        float[][] twice = Analytic.Of(backend, gradCase, values, contraction, type, uses: 2).Gradients;
        double allowed = Tolerances.TwoUses + (type == DType.F32 ? 0 : Tolerances.RoundingsOfASum * Tolerances.Epsilon(type));
        for (int i = 0; i < once.Length; i++)
        {
            double scale = Comparing.Largest(once[i]);
            var wrong = Enumerable.Range(0, once[i].Length).Select(e =>
            {
                double error = Math.Abs(twice[i][e] - 2.0 * once[i][e]) / scale;
                return new ElementResult(e, twice[i][e], 2.0 * once[i][e], 0, error, error <= allowed ? Verdict.Passed : Verdict.Failed); // NaN is not
            }).Where(e => e.Verdict == Verdict.Failed).ToList();
            if (wrong.Count > 0) inputs.Add(new InputResult(Comparing.NameOf(gradCase, i), gradCase.Inputs[i].Shape, gradCase.Inputs[i].Learned, 2, scale, allowed, wrong));
        }
    }
}
