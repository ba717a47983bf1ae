using NativeTrain.Vision.Metrics;
using Xunit;

namespace NativeTrain.Vision.Tests.Metrics;

public sealed class CurveTests
{
    [Theory]
    [InlineData(-1, 7)]     // before the first point: left
    [InlineData(0, 1)]      // the first point
    [InlineData(0.25, 1.5)] // halfway to the second
    [InlineData(0.5, 4)]    // two points share this x: the last counts
    [InlineData(0.75, 5)]
    [InlineData(1, 6)]
    [InlineData(2, 6)]      // after the last
    public void InterpolatesAlongTheBrokenLine(double x, double expected) =>
        Assert.Equal(expected, Curve.Interpolate(x, [0, 0.5, 0.5, 1], [1, 2, 4, 6], left: 7), 12);

    [Fact]
    public void AnEmptyCurveIsItsLeftValue() => Assert.Equal(3, Curve.Interpolate(0.5, [], [], left: 3));

    [Fact]
    public void TheUnitGridHasBothEnds()
    {
        Assert.Equal([0, 0.25, 0.5, 0.75, 1], Curve.UnitGrid(5));
    }

    [Fact]
    public void SmoothingAveragesAWindowAndContinuesTheEnds()
    {
        // 10 points · 0.1 · 2 = 2, so the window is 2 / 2 + 1 = 2, made odd: one neighbour each side.
        double[] y = [0, 3, 0, 0, 0, 0, 0, 0, 0, 6];
        Assert.Equal([1, 1, 1, 0, 0, 0, 0, 0, 2, 4], Curve.Smooth(y, 0.1));
    }

    [Fact]
    public void TheFirstLargestValueIsFound() => Assert.Equal(1, Curve.ArgMax([1, 5, 2, 5]));
}
