namespace NativeTrain.Vision.Metrics;

/// <summary>Sampled functions of one variable.</summary>
public static class Curve
{
    /// <summary><paramref name="count"/> evenly spaced points from 0 to 1, both included.</summary>
    public static double[] UnitGrid(int count)
    {
        double[] x = new double[count];
        for (int i = 0; i < count; i++) x[i] = (double)i / (count - 1);
        return x;
    }

    /// <summary>
    /// The broken line through the points (xs, ys) at x; <paramref name="left"/> before the first point, the last
    /// y after the last. xs must not fall; where several points share an x, the last of them counts at that x.
    /// </summary>
    public static double Interpolate(double x, ReadOnlySpan<double> xs, ReadOnlySpan<double> ys, double left)
    {
        int last = xs.Length - 1;
        if (last < 0 || x < xs[0]) return left;
        if (x >= xs[last]) return ys[last];
        int low = 0, high = last; // xs[low] ≤ x < xs[high]
        while (high - low > 1)
        {
            int middle = (low + high) / 2;
            if (xs[middle] <= x) low = middle;
            else high = middle;
        }
        return ys[low] + (x - xs[low]) * (ys[high] - ys[low]) / (xs[high] - xs[low]);
    }

    /// <summary>Mean over a centred window of about <paramref name="fraction"/> of the curve (an odd number of points); the ends continue with their last value.</summary>
    public static double[] Smooth(ReadOnlySpan<double> y, double fraction)
    {
        int window = (int)Math.Round(y.Length * fraction * 2) / 2 + 1;
        int half = window / 2;
        double[] smooth = new double[y.Length];
        for (int i = 0; i < y.Length; i++)
        {
            double sum = 0;
            for (int k = -half; k <= half; k++) sum += y[Math.Clamp(i + k, 0, y.Length - 1)];
            smooth[i] = sum / (2 * half + 1);
        }
        return smooth;
    }

    /// <summary>Index of the first largest value; 0 of an empty curve.</summary>
    public static int ArgMax(ReadOnlySpan<double> y)
    {
        int best = 0;
        for (int i = 1; i < y.Length; i++)
            if (y[i] > y[best])
                best = i;
        return best;
    }
}
