using NativeTrain.Core;
using Xunit;

namespace NativeTrain.Training.Tests;

/// <summary>The learning-rate range test.</summary>
public sealed class RateFinderTests(TinySet set) : IClassFixture<TinySet>
{
    /// <summary>A loss that falls around 1e-3 and rises from 1e-1 on.</summary>
    private static double Loss(double rate) => 2 - 1 / (1 + Math.Pow(1e-3 / rate, 2)) + 100 * rate * rate;

    private static RateTest Test(Func<double, double> loss, int steps = 200)
    {
        var test = new RateTest(1e-7, 1, steps);
        for (int i = 0; test.Add(loss(test.Rate(i))); i++) { }
        return test;
    }

    [Fact]
    public void RatesRiseExponentially()
    {
        var test = new RateTest(1e-6, 1e-2, 5);
        Assert.All(Enumerable.Range(0, 5), i => Assert.Equal(Math.Pow(10, i - 6), test.Rate(i), 12));
    }

    [Fact]
    public void TheSteepestRateAndATenthOfTheLeastLossAreFound()
    {
        var test = Test(Loss);
        Assert.InRange(test.Steepest!.Value, 0.7e-3, 3e-3); // the average lags a few steps behind
        double least = test.Points.MinBy(p => p.Smoothed).Rate;
        Assert.Equal(least / 10, test.TenthOfLeast!.Value, 12);
        Assert.InRange(least, 1e-2, 1e-1);
    }

    [Fact]
    public void ItEndsWhereTheLossDiverges()
    {
        var test = Test(Loss);
        Assert.True(test.Points.Count < 200);
        Assert.True(test.Points[^1].Smoothed > 4 * test.Points.Min(p => p.Smoothed));
        Assert.All(Test(rate => rate > 1e-4 ? double.NaN : 1).Points, p => Assert.True(p.Rate <= 1e-4));
    }

    [Fact]
    public void ALossThatNeverFallsHasNoSuggestion()
    {
        var test = Test(rate => 1 + rate);
        Assert.Null(test.Steepest);
        Assert.Null(test.TenthOfLeast);
    }

    [Fact]
    public void AModelIsTestedAndOnlyTableAndPictureAreLeft()
    {
        long before = set.Backend.Allocator.LiveBytes;
        var found = RateFinder.Run(set.Backend, set.Options("optimizer=SGD"), new RateTest(1e-6, 10, 8), new Recorder(), default);
        Assert.Equal(before, set.Backend.Allocator.LiveBytes);
        Assert.Equal(["lrfind.csv", "lrfind.png"], Directory.EnumerateFiles(found.Folder, "*", SearchOption.AllDirectories).Select(Path.GetFileName).Order());
        Assert.StartsWith("lrfind", Path.GetFileName(found.Folder));
        string[] lines = File.ReadAllLines(Path.Combine(found.Folder, "lrfind.csv"));
        Assert.Equal("lr,loss,smoothed", lines[0]);
        Assert.Equal(found.Test.Points.Count + 1, lines.Length);
        Assert.Equal(1e-6, found.Test.Points[0].Rate);
    }

    [Fact]
    public void ABatchMustBeGiven()
    {
        var e = Assert.Throws<InputException>(() => RateFinder.Run(set.Backend, set.Options("batch=-1"), new RateTest(1e-6, 1, 4), new Recorder(), default));
        Assert.Equal("lrfind finds no batch by itself; give batch= a number of images", e.Message);
    }

    [Fact]
    public void AnInterruptBeforeTheFirstStepIsNoFaultOfTheLoss() => Assert.Throws<OperationCanceledException>(() =>
        RateFinder.Run(set.Backend, set.Options(), new RateTest(1e-6, 1, 4), new Recorder(), new CancellationToken(canceled: true)));

    [Fact]
    public void TheRateMovesTheWeights()
    {
        double[] Losses(double rate) => [.. RateFinder.Run(set.Backend, set.Options("optimizer=SGD"), new RateTest(rate, 2 * rate, 4), new Recorder(), default).Test.Points.Select(p => p.Loss)];
        var (small, large) = (Losses(1e-9), Losses(0.1));
        Assert.Equal(small[0], large[0]);
        Assert.NotEqual(small[3], large[3]);
    }
}
