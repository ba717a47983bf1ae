using NativeTrain.Vision.Detect;
using NativeTrain.Vision.Metrics;
using Xunit;

namespace NativeTrain.Vision.Tests.Metrics;

public sealed class DetectionMetricsTests
{
    private static Detection Found(float x, float confidence, int cls = 0) => new(x, 0, x + 10, 10, confidence, cls);
    private static TruthBox Truth(float x, int cls = 0) => new(x, 0, x + 10, 10, cls);

    [Fact]
    public void PerfectDetectionsGiveOnes()
    {
        var metrics = new DetectionMetrics(["a", "b"]);
        for (int i = 0; i < 5; i++)
            metrics.Add([Found(0, 0.9f), Found(50, 0.8f, 1)], [Truth(0), Truth(50, 1)]);
        var report = metrics.Compute();
        Assert.Equal(1, report.Precision, 6);
        Assert.Equal(1, report.Recall, 6);
        Assert.Equal(1, report.F1, 6);
        Assert.Equal(0.995, report.Map50, 3); // the envelope falls to 0 within the last of 100 steps
        Assert.Equal(0.995, report.Fitness, 3);
        Assert.Equal((5, 10), (report.Images, report.Instances));
        Assert.Equal(["a", "b"], report.Classes.Select(c => c.Name));
    }

    [Fact]
    public void ApIsTheAreaUnderTheEnvelope()
    {
        // Two objects; by confidence: right, wrong, right. Precision is 1, 1/2, 2/3 at recall 1/2, 1/2, 1, its
        // envelope 1, 2/3, 2/3: 1 below recall 1/2 and 2/3 from there to 1, where it falls to 0.
        var metrics = new DetectionMetrics(["a"]);
        metrics.Add([Found(0, 0.9f), Found(500, 0.8f), Found(100, 0.7f)], [Truth(0), Truth(100)]);
        var ap = metrics.Compute().Classes[0].Ap50;

        // Of the 100 steps 49 lie at 1, one falls to 2/3, 49 lie at 2/3 and the last falls to 0.
        double expected = (49 + (1 + 2 / 3.0) / 2 + 49 * (2 / 3.0) + 2 / 3.0 / 2) / 100;
        Assert.Equal(expected, ap, 9);
    }

    [Fact]
    public void PrecisionAndRecallAreTakenAtTheBestF1()
    {
        // Above 0.5 all is right, below nothing is.
        var metrics = new DetectionMetrics(["a"]);
        for (int i = 0; i < 20; i++)
            metrics.Add([Found(0, 0.9f), Found(100, 0.8f), Found(500, 0.1f), Found(600, 0.1f)], [Truth(0), Truth(100)]);
        var report = metrics.Compute();
        Assert.InRange(report.Confidence, 0.1, 0.85);
        Assert.Equal(1, report.Precision, 2);
        Assert.Equal(1, report.Recall, 2);
        var c = report.Classes[0];
        Assert.Equal(0.5, c.PrecisionCurve[0], 6);
        Assert.Equal(1, c.PrecisionCurve[^1]);
        Assert.Equal(0, c.RecallCurve[^1]);
    }

    [Fact]
    public void TheOrderOfDetectionsAndImagesDoesNotMatter()
    {
        Detection[] found = [Found(0, 0.9f), Found(3, 0.8f), Found(100, 0.4f), Found(700, 0.6f)];
        TruthBox[] truth = [Truth(0), Truth(101), Truth(300)];
        var forward = new DetectionMetrics(["a"]);
        forward.Add(found, truth);
        forward.Add([], truth);
        var backward = new DetectionMetrics(["a"]);
        backward.Add([], truth);
        backward.Add([.. found.Reverse()], truth);
        var report = forward.Compute();
        Assert.InRange(report.Map50, 0.1, 0.5);
        Assert.Equal(report.Classes[0].Ap, backward.Compute().Classes[0].Ap);
    }

    [Fact]
    public void OnlyClassesInTheTruthCount()
    {
        var metrics = new DetectionMetrics(["seen", "imagined", "missed"]);
        metrics.Add([Found(0, 0.9f), Found(100, 0.9f, 1)], [Truth(0), Truth(200, 2)]);
        var report = metrics.Compute();
        Assert.Equal(["seen", "missed"], report.Classes.Select(c => c.Name));
        Assert.Equal(0, report.Classes[1].Ap50);
        Assert.Equal(0.995 / 2, report.Map50, 3);
    }

    [Fact]
    public void WithoutTruthEverythingIsZero()
    {
        var metrics = new DetectionMetrics(["a"]);
        metrics.Add([Found(0, 0.9f)], []);
        var report = metrics.Compute();
        Assert.Empty(report.Classes);
        Assert.Equal((0.0, 0.0, 0.0), (report.Map50, report.Precision, report.Fitness));
        Assert.Equal(1, report.Images);
    }
}
