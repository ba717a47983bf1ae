namespace NativeTrain.Vision.Plots;

/// <summary>
/// A moving average with Gaussian weights: y'ᵢ = Σⱼ w(i − j) yⱼ / Σⱼ w(i − j), w(d) = exp(−d² / 2σ²). The sums run
/// over the finite values only, so that ends and gaps are averages of what there is.
/// </summary>
internal static class GaussianSmoothing
{
    private const double Reach = 4; // in σ; the weights beyond are below 0.0004

    public static double[] Apply(IReadOnlyList<double> values, double sigma)
    {
        int reach = (int)Math.Ceiling(Reach * sigma);
        var smooth = new double[values.Count];
        for (int i = 0; i < smooth.Length; i++)
        {
            double sum = 0, weights = 0;
            for (int j = Math.Max(i - reach, 0); j <= Math.Min(i + reach, smooth.Length - 1); j++)
            {
                if (!double.IsFinite(values[j])) continue;
                double weight = Math.Exp(-0.5 * (i - j) * (i - j) / (sigma * sigma));
                sum += weight * values[j];
                weights += weight;
            }
            smooth[i] = sum / weights; // NaN where nothing is in reach
        }
        return smooth;
    }
}
