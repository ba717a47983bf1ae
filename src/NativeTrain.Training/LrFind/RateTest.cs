namespace NativeTrain.Training;

/// <summary>A step of a learning-rate range test.</summary>
/// <param name="Rate">The learning rate.</param>
/// <param name="Loss">The batch's loss before the step.</param>
/// <param name="Smoothed">Moving average of the losses up to here.</param>
public readonly record struct RatePoint(double Rate, double Loss, double Smoothed);

/// <summary>
/// The learning-rate range test (Smith 2015, arXiv:1506.01186): the rate rises exponentially from step to step, the loss is
/// smoothed, and the test ends where it diverges. A good rate lies where the loss falls fastest, or at a tenth of the rate
/// of the least loss.
/// </summary>
/// <param name="lowest">The first rate.</param>
/// <param name="highest">The last one.</param>
/// <param name="steps">Steps from one to the other, at least 2.</param>
public sealed class RateTest(double lowest, double highest, int steps)
{
    /// <summary>Weight of the past in the moving average.</summary>
    private const double Memory = 0.9;

    /// <summary>Diverged: the smoothed loss is so many times the least.</summary>
    private const double Divergence = 4;

    private readonly List<RatePoint> points = [];
    private double average;

    public IReadOnlyList<RatePoint> Points => points;

    /// <summary>The rate of a step, from 0.</summary>
    public double Rate(int step) => lowest * Math.Pow(highest / lowest, step / (steps - 1.0));

    /// <summary>Notes the loss of the next step; false where the test is over.</summary>
    public bool Add(double loss)
    {
        if (!double.IsFinite(loss)) return false;
        average = Memory * average + (1 - Memory) * loss;
        double smoothed = average / (1 - Math.Pow(Memory, points.Count + 1)); // unbiased: the average began at 0
        points.Add(new RatePoint(Rate(points.Count), loss, smoothed));
        return points.Count < steps && smoothed <= Divergence * points.Min(p => p.Smoothed);
    }

    /// <summary>The rate at which the smoothed loss falls fastest over the rate's logarithm, before its least value; null where it never falls.</summary>
    public double? Steepest
    {
        get
        {
            int best = 0;
            double slope = 0;
            for (int i = 1; i < Math.Min(Least + 1, points.Count - 1); i++)
            {
                double rise = points[i + 1].Smoothed - points[i - 1].Smoothed; // steps are equal in the logarithm
                if (rise < slope) (best, slope) = (i, rise);
            }
            return best == 0 ? null : points[best].Rate;
        }
    }

    /// <summary>A tenth of the rate of the least smoothed loss; null where that is the first.</summary>
    public double? TenthOfLeast => Least > 0 ? points[Least].Rate / 10 : null;

    private int Least => points.Count == 0 ? 0 : points.IndexOf(points.MinBy(p => p.Smoothed));
}
