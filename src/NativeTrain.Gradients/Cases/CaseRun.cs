using NativeTrain.Core;

namespace NativeTrain.Gradients;

/// <summary>A case's outputs and gradients on a backend, without differences: under the same inputs and dy wherever and in whatever type it is run.</summary>
public static class CaseRun
{
    /// <summary>The case's inputs, rounded to the type where they are maps.</summary>
    public static float[][] Draw(IBackend backend, GradCase gradCase, DType type, Random? random = null)
    {
        random ??= new Random(7);
        using var built = new Feed(backend, gradCase);
        return [.. gradCase.Inputs.Select((input, i) =>
            input.Draw is null ? built.Values[i] : input.Learned ? input.Draw(random, (int)input.Shape.Count) : Rounded(backend, input.Draw(random, (int)input.Shape.Count), type))];
    }

    /// <summary>Outputs, then the gradients of all inputs, under random dy that are rounded to <paramref name="rounding"/>.</summary>
    /// <param name="uses">How often the op is applied to the same inputs.</param>
    public static float[][] Run(IBackend backend, GradCase gradCase, float[][] values, DType type, DType rounding, int uses)
    {
        using var feed = new Feed(backend, gradCase, values, type);
        var outputs = Enumerable.Range(0, uses).SelectMany(_ => gradCase.Forward(feed)).ToList();
        float[][] results = [.. outputs.Select(feed.Numbers)];
        var random = new Random(3);
        var loss = feed.Tape.New(new Shape(1));
        feed.Tape.Record("contraction", () =>
        {
            foreach (var y in outputs)
                feed.SendBack(y, Rounded(backend, [.. Enumerable.Range(0, (int)y.Count).Select(_ => 2 * random.NextSingle() - 1)], rounding));
        });
        feed.Tape.Backward(loss);
        return [.. results, .. values.Select((_, i) => feed.Gradient(i))];
    }

    /// <summary>What is wrong with numbers that should lie within <paramref name="tolerance"/>, as a part of the largest, of what is expected; null: nothing.</summary>
    public static string? Difference(float[] expected, float[] actual, double tolerance)
    {
        if (expected.Length != actual.Length) return $"{actual.Length} numbers instead of {expected.Length}";
        double scale = Math.Max(0.05, expected.Max(Math.Abs));
        for (int i = 0; i < expected.Length; i++)
            if (!(Math.Abs(actual[i] - expected[i]) <= tolerance * scale)) // NaN is not
                return $"element {i} of {expected.Length}: {actual[i]:R} instead of {expected[i]:R}, largest {scale:g4}";
        return null;
    }

    private static float[] Rounded(IBackend backend, float[] values, DType type)
    {
        using Tensor wide = new HostTensor(new Shape(values.Length), values).Upload(backend), narrow = Tensor.Create(backend, new Shape(values.Length), type);
        backend.Copy(wide, narrow, accumulate: false);
        backend.Copy(narrow, wide, accumulate: false);
        return backend.ToFloats(wide);
    }
}
