using NativeTrain.Core;

namespace NativeTrain.Gradients;

/// <summary>What the ratio of analytic to numeric values says.</summary>
internal static class RatioPattern
{
    /// <summary>Ratios are those of a factor where so many lie within so much of their median.</summary>
    private const double Most = 0.8, Within = 0.1;

    public static string Of(InputResult input, IReadOnlyList<ElementResult> failed)
    {
        double visible = 0.02 * input.Scale;
        if (failed.All(e => Math.Abs(e.Analytic) <= 1e-6 * input.Scale))
            return "analytic values are zero where differences are not: the gradient is not propagated to here (no Sink asked for, or an early return), or a later user overwrote it";
        double[] ratios = [.. failed.Where(e => Math.Abs(e.Numeric) > visible).Select(e => e.Analytic / e.Numeric).Order()];
        if (ratios.Length == 0)
            return "there is a gradient where the function does not change: the op writes to elements that its output does not depend on";
        double median = ratios[ratios.Length / 2];
        if (ratios.Count(r => Math.Abs(r - median) <= Within * Math.Abs(median)) < Most * ratios.Length)
            return "the ratio of analytic to numeric differs from element to element: the formula of the derivative is wrong, or it reads the wrong tensor (an output where it wants the input, or one that was overwritten since)";
        if (Near(median, -1)) return "the ratio is -1: the sign is wrong";
        string ratio = $"the ratio of analytic to numeric is {median:g3} everywhere it fails: ";
        if (Near(median, 2)) return ratio + "the gradient is counted twice (sent to the Sink twice, or added to what it should overwrite), or a factor 1/2 is missing";
        if (median > 1 && Extent(input.Shape, median) is { } many) return ratio + $"as many as {many}: a mean's 1/n is missing, or a sum is taken once too often";
        if (median is > 0 and < 1 && Extent(input.Shape, 1 / median) is { } one) return ratio + $"1/({one}): divided by n once too often, or only one of n parts is sent";
        return ratio + (median < 0 ? "a sign and a factor are wrong" : "a constant factor is missing or too many");
    }

    /// <summary>The gradient of two uses against twice that of one.</summary>
    public static string OfTwoUses(IReadOnlyList<ElementResult> failed)
    {
        double[] ratios = [.. failed.Where(e => e.Numeric != 0).Select(e => e.Analytic / e.Numeric).Order()];
        double median = ratios.Length == 0 ? 0 : ratios[ratios.Length / 2];
        if (Near(median, 0.5)) return "right when used once, and when used twice still the gradient of one use: the op ignores Sink's accumulate = true and overwrites what another user left";
        return $"right when used once, and when used twice {2 * median:g3} times that: the op's gradient depends on what the Sink held before";
    }

    private static bool Near(double a, double b) => Math.Abs(a - b) <= 0.05 * Math.Abs(b);

    /// <summary>The name of an extent, or a product of extents, that equals a factor.</summary>
    private static string? Extent(Shape shape, double factor)
    {
        string[] names = shape.Rank == 4 ? ["N", "H", "W", "C"] : [.. Enumerable.Range(0, shape.Rank).Select(i => $"extent {i}")];
        for (int from = 0; from < shape.Rank; from++)
        {
            double product = 1;
            for (int to = from; to < shape.Rank; to++)
            {
                product *= shape[to];
                if (product > 1 && Math.Abs(product - factor) < 0.02 * factor) return string.Join("·", names[from..(to + 1)]);
            }
        }
        return Math.Abs(factor - Math.Round(factor)) < 0.02 ? $"{Math.Round(factor)}" : null;
    }
}
