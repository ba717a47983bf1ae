using NativeTrain.Vision.Metrics;
using Xunit;

namespace NativeTrain.Vision.Tests.Metrics;

public sealed class ClassificationMetricsTests
{
    private static readonly string[] Seven = ["a", "b", "c", "d", "e", "f", "g"];

    [Fact]
    public void TheFirstAndTheFirstFiveCount()
    {
        var metrics = new ClassificationMetrics(Seven);
        metrics.Add([9, 8, 7, 6, 5, 4, 3], 0); // first
        metrics.Add([9, 8, 7, 6, 5, 4, 3], 4); // fifth
        metrics.Add([9, 8, 7, 6, 5, 4, 3], 5); // sixth
        metrics.Add([9, 8, 7, 6, 5, 4, 30], 6); // first
        var report = metrics.Compute();
        Assert.Equal((4, 0.5, 0.75, 0.625), (report.Images, report.Top1, report.Top5, report.Fitness));
        Assert.Equal(
            [new(0, "a", 1, 1, 1), new(4, "e", 1, 0, 1), new(5, "f", 1, 0, 0), new(6, "g", 1, 1, 1)],
            report.Classes);
    }

    [Fact]
    public void TheMatrixHasNoBackground()
    {
        var metrics = new ClassificationMetrics(["a", "b", "c"]);
        metrics.Add([1, 0, 0], 0);
        metrics.Add([1, 0, 0], 2);
        metrics.Add([0, 0, 1], 2);
        var report = metrics.Compute();
        Assert.Equal(new float[,] { { 1, 0, 1 }, { 0, 0, 0 }, { 0, 0, 1 } }, report.Confusion.Counts); // rows predicted
        Assert.Equal((2 / 3.0, 1.0), (report.Top1, report.Top5)); // of three classes all are among the first five
    }

    [Fact]
    public void OfEqualScoresTheFirstClassWins()
    {
        var metrics = new ClassificationMetrics(["a", "b"]);
        metrics.Add([1, 1], 0);
        metrics.Add([1, 1], 1);
        Assert.Equal(0.5, metrics.Compute().Top1);
    }

    [Fact]
    public void NotANumberIsNeverBest()
    {
        var metrics = new ClassificationMetrics(Seven);
        metrics.Add([float.NaN, -1, -2, -3, -4, -5, -6], 0);
        var report = metrics.Compute();
        Assert.Equal((0.0, 0.0), (report.Top1, report.Top5));
        Assert.Equal(1, report.Confusion.Counts[1, 0]);
    }

    [Fact]
    public void WithoutPicturesEverythingIsZero()
    {
        var report = new ClassificationMetrics(["a"]).Compute();
        Assert.Equal((0, 0.0, 0.0, 0.0), (report.Images, report.Top1, report.Top5, report.Fitness));
        Assert.Empty(report.Classes);
    }

    [Fact]
    public void ScoresAndClassesMustFit()
    {
        var metrics = new ClassificationMetrics(["a", "b"]);
        Assert.Throws<ArgumentException>(() => metrics.Add([1], 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => metrics.Add([1, 0], 2));
        Assert.Throws<ArgumentOutOfRangeException>(() => metrics.Add([1, 0], -1));
    }
}
