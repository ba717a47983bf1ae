using NativeTrain.Core;
using Xunit;

namespace NativeTrain.Training.Tests;

/// <summary>What is said of the numbers of a tensor.</summary>
public sealed class ValuesTests
{
    [Fact]
    public void MomentsAndHistogramAreOfTheFiniteNumbers()
    {
        float[] values = [-1, 0, 0, 3, float.NaN, float.PositiveInfinity];
        var v = TensorValues.Summarize(values, new Shape(6), image: 0, signed: false);
        Assert.Equal((-1, 3, 0.5, Math.Sqrt(10)), (v.Min, v.Max, v.Mean, v.Norm));
        Assert.Equal(Math.Sqrt(2.25), v.Deviation, 12);
        Assert.Equal((6, 2, 2), (v.Count, v.Zeros, v.NotFinite));
        Assert.Equal(4, v.Counts.Sum());
        Assert.Equal((1, 2, 1), (v.Counts[0], v.Counts[TensorValues.Bins / 4], v.Counts[^1]));
        Assert.Null(v.Maps);
    }

    [Fact]
    public void AScaledGradientIsDivided() => Assert.Equal(2, TensorValues.Summarize([1024], new Shape(1), 0, signed: true, scale: 512).Max);

    [Fact]
    public void MapsShowThePictureThatIsAskedForAndTheChannelsThatVary()
    {
        // Two pictures of 1×2 pixels with 10 channels; channel 7 of the second one alone varies, and channels 0 to 6 fill up.
        float[] values = new float[2 * 2 * 10];
        values[1 * 20 + 7] = 1;
        var maps = TensorValues.Summarize(values, new Shape(2, 1, 2, 10), image: 1, signed: false).Maps!;
        Assert.Equal((1, 2, 8), (maps.Height, maps.Width, maps.Channels.Count));
        Assert.Equal([0, 1, 2, 3, 4, 5, 6, 7], maps.Channels);
        byte[] pixels = Convert.FromBase64String(maps.Pixels);
        Assert.Equal([255, 0], pixels[^2..]);
        Assert.All(pixels[..^2], p => Assert.Equal(0, p));
    }

    [Fact]
    public void LargeMapsAreAveragedDown()
    {
        float[] values = [.. Enumerable.Range(0, 80 * 80).Select(i => i % 2 == 0 ? 1f : 3f)];
        values[0] = -1;
        var maps = TensorValues.Summarize(values, new Shape(1, 80, 80, 1), 0, signed: false).Maps!;
        Assert.Equal((40, 40, 1.5, 2), (maps.Height, maps.Width, maps.Low, maps.High));
    }

    [Fact]
    public void GreyIsZeroInAGradientsMaps()
    {
        var maps = TensorValues.Summarize([-4, 0, 1], new Shape(1, 1, 3, 1), 0, signed: true).Maps!;
        Assert.Equal((-4, 4), (maps.Low, maps.High));
        Assert.Equal([0, 128, 159], Convert.FromBase64String(maps.Pixels));
    }

    [Fact]
    public void AChannelIsDeadWhereSiluIsFlatAtEveryPixel()
    {
        // Channel 0: u = −20; channel 1: u = −20 but for one pixel; channel 2: u = x.
        float[] x = [0, 0, 0, 0, 30, 1];
        Assert.Equal(1, DeadChannels.Count(x, [0, 0, 0], [1, 1, 1], [0, 1, 1], [-20, -20, 0]));
        Assert.Equal(0, DeadChannels.Count(x, [0, 0, 0], [1, 1, 1], [1, 1, 1], [-6.2f, 0, 0]));
        Assert.Equal(1, DeadChannels.Count(x, [0, 0, 0], [1, 1, 1], [1, 1, 1], [-6.4f, 0, 0]));
    }

    [Theory]
    [InlineData(1.0, "")]
    [InlineData(0.9e-3, "vanishing")]
    [InlineData(1.1e3, "exploding")]
    [InlineData(double.NaN, "not finite")]
    [InlineData(null, "")]
    public void NormsFarFromTheMedianAreFlagged(double? norm, string flag) => Assert.Equal(flag, LayerSummary.Flag(norm, median: 1));

    [Theory]
    [InlineData(0.0, "")]
    [InlineData(1e-3, "")]
    [InlineData(double.PositiveInfinity, "not finite")]
    public void NothingIsFarFromAMedianOfZero(double norm, string flag) => Assert.Equal(flag, LayerSummary.Flag(norm, median: 0));
}
