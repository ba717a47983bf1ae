using NativeTrain.Core;

namespace NativeTrain.Training;

/// <summary>Sums up the numbers of tensors.</summary>
internal static class TensorValues
{
    /// <summary>Ranges of a histogram.</summary>
    public const int Bins = 48;

    /// <param name="values">Of a tensor.</param>
    /// <param name="shape">Its shape.</param>
    /// <param name="image">The picture whose maps are shown.</param>
    /// <param name="signed">Whether grey is to be 0 in its maps, darker below and lighter above (gradients).</param>
    /// <param name="scale">What the numbers are to be divided by (a loss scale).</param>
    public static ValuesView Summarize(float[] values, Shape shape, int image, bool signed, double scale = 1)
    {
        if (scale != 1)
            for (int i = 0; i < values.Length; i++) values[i] = (float)(values[i] / scale);
        double min = double.PositiveInfinity, max = double.NegativeInfinity, sum = 0, squares = 0;
        long zeros = 0, finite = 0;
        foreach (float v in values)
        {
            if (!float.IsFinite(v)) continue;
            finite++;
            if (v == 0) zeros++;
            min = Math.Min(min, v);
            max = Math.Max(max, v);
            sum += v;
            squares += (double)v * v;
        }
        if (finite == 0) (min, max) = (0, 0);
        double mean = sum / Math.Max(finite, 1), variance = Math.Max(0, squares / Math.Max(finite, 1) - mean * mean);
        return new ValuesView(min, max, mean, Math.Sqrt(variance), Math.Sqrt(squares), values.Length, zeros, values.Length - finite, Histogram(values, min, max), MapSample.Of(values, shape, image, signed));
    }

    /// <summary>How many of the finite numbers lie in each range; the last one holds its upper end.</summary>
    private static int[] Histogram(float[] values, double min, double max)
    {
        var counts = new int[Bins];
        double perUnit = max > min ? Bins / (max - min) : 0;
        foreach (float v in values)
            if (float.IsFinite(v)) counts[Math.Min(Bins - 1, (int)((v - min) * perUnit))]++;
        return counts;
    }
}
