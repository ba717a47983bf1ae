using NativeTrain.Vision.Plots;
using Xunit;

namespace NativeTrain.Vision.Tests.Plots;

public class GaussianSmoothingTests
{
    [Fact]
    public void A_constant_stays_itself_even_at_ends_and_gaps() =>
        Assert.All(GaussianSmoothing.Apply([4, 4, double.NaN, 4, double.PositiveInfinity, 4], 3), value => Assert.Equal(4, value, 12));

    [Fact]
    public void An_impulse_becomes_the_weights()
    {
        double[] impulse = new double[41];
        impulse[20] = 1;
        double[] smooth = GaussianSmoothing.Apply(impulse, 2);
        Assert.Equal(Math.Exp(-0.5), smooth[22] / smooth[20], 12); // one σ away
        Assert.Equal(smooth[17], smooth[23], 12);
        Assert.Equal(1, smooth.Sum(), 12);
    }

    [Fact]
    public void Nothing_finite_gives_nothing_finite() => Assert.All(GaussianSmoothing.Apply([double.NaN, double.NaN], 3), value => Assert.Equal(double.NaN, value));
}
