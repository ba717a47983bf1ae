using NativeTrain.Core;

namespace NativeTrain.Gradients;

/// <summary>
/// Checks gradients against central differences. For an op of your own, in a test of your own:
/// <code>Assert.True(GradCheck.Run(backend, (tape, x) => Square(tape, x[0]), new Shape(2, 3, 3, 17)) is { Passed: true } r, …)</code>
/// </summary>
public static class GradCheck
{
    /// <summary>Checks a function of tensors at values uniform in ±1, alone and used twice.</summary>
    /// <param name="backend">Where it computes.</param>
    /// <param name="function">Records itself on the tape and returns its output, of any shape.</param>
    /// <param name="shapes">Of its inputs.</param>
    /// <returns>Whether it passed; what to print where it did not.</returns>
    public static CaseResult Run(IBackend backend, Func<Tape, Tensor[], Tensor> function, params Shape[] shapes) =>
        Run(backend, function, new GradCheckOptions(), shapes);

    /// <summary>The same, with other tolerances, another type or more elements.</summary>
    /// <inheritdoc cref="Run(IBackend, Func{Tape, Tensor[], Tensor}, Shape[])"/>
    public static CaseResult Run(IBackend backend, Func<Tape, Tensor[], Tensor> function, GradCheckOptions options, params Shape[] shapes)
    {
        ArgumentNullException.ThrowIfNull(function);
        ArgumentNullException.ThrowIfNull(shapes);
        In[] inputs = [.. shapes.Select(s => In.Tensor(s.Dims.ToArray()))];
        var c = new GradCase(CaseKind.Op, "function", "of " + string.Join(", ", shapes), inputs, f => [function(f.Tape, [.. inputs.Select((_, i) => f[i])])]) { AnyMap = true };
        return Run(backend, c, options);
    }

    /// <summary>Checks a case: one with parameters, several outputs, a formula in double, values of its own.</summary>
    /// <param name="backend">Where it computes.</param>
    /// <param name="gradCase">What to check.</param>
    /// <param name="options">Null: the defaults.</param>
    public static CaseResult Run(IBackend backend, GradCase gradCase, GradCheckOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(backend);
        ArgumentNullException.ThrowIfNull(gradCase);
        return CaseCheck.Run(backend, gradCase, options ?? new GradCheckOptions());
    }
}
