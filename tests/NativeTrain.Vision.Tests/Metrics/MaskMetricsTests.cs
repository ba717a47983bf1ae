using NativeTrain.Vision.Detect;
using NativeTrain.Vision.Metrics;
using Xunit;

namespace NativeTrain.Vision.Tests.Metrics;

public sealed class MaskMetricsTests
{
    [Fact]
    public void OnlyMasksOfOneClassAreCompared()
    {
        BitMask left = Strip(0, 10), middle = Strip(5, 15);
        float[,] iou = MaskOverlap.Matrix([left, middle, left], [0, 0, 1], [left], [0]);
        Assert.Equal(new[,] { { 1f }, { 5f / 15 }, { 0f } }, iou);
        Assert.Throws<ArgumentException>(() => MaskOverlap.Matrix([left], [0, 1], [], []));
    }

    /// <summary>The boxes are wrong and the masks right, and the other way round: the two collectors tell them apart.</summary>
    [Fact]
    public void BoxesAndMasksAreMeasuredApart()
    {
        Detection[] found = [new(0, 0, 10, 10, 0.9f, 0), new(50, 0, 60, 10, 0.8f, 0)];
        TruthBox[] truth = [new(500, 0, 510, 10, 0), new(50, 0, 60, 10, 0)];
        BitMask a = Strip(0, 30), b = Strip(40, 60), other = Strip(90, 99);
        var boxes = new DetectionMetrics(["a"]);
        boxes.Add(found, truth);
        var masks = new DetectionMetrics(["a"]);
        masks.Add(found, truth, MaskOverlap.Matrix([a, other], [0, 0], [a, b], [0, 0]));
        // Of two objects one is found: by boxes with the second detection, by masks with the first and surest.
        Assert.Equal(0.5, boxes.Compute().Recall, 3);
        Assert.Equal(0.5, masks.Compute().Recall, 3);
        // The envelopes: 1/2 up to recall 1/2, and 1 up to there; both fall to 0 at recall 1 from 1/2.
        Assert.Equal(0.25 + 0.125, boxes.Compute().Map50, 0.01);
        Assert.Equal(0.5 + 0.125, masks.Compute().Map50, 0.01);
    }

    /// <summary>The same overlaps as masks and as boxes give the same report, in whatever order detections come.</summary>
    [Fact]
    public void MasksOfBoxesGiveTheBoxesReport()
    {
        var random = new Random(5);
        var boxes = new DetectionMetrics(["a", "b"]);
        var masks = new DetectionMetrics(["a", "b"]);
        for (int image = 0; image < 40; image++)
        {
            TruthBox[] truth = [.. Enumerable.Range(0, random.Next(6)).Select(_ => Box(random.Next(80), random.Next(80), 16, random.Next(2)))];
            Detection[] found = [.. truth.SelectMany(t => Enumerable.Range(0, random.Next(3)).Select(_ => Near(t)))];
            random.Shuffle(found);
            boxes.Add(found, truth);
            masks.Add(found, truth, MaskOverlap.Matrix(
                [.. found.Select(d => Filled(d.X1, d.Y1, d.X2, d.Y2))], [.. found.Select(d => d.Class)],
                [.. truth.Select(t => Filled(t.X1, t.Y1, t.X2, t.Y2))], [.. truth.Select(t => t.Class)]));
        }
        DetectionReport expected = boxes.Compute(), actual = masks.Compute();
        Assert.InRange(expected.Map5095, 0.1, 0.9);
        Assert.Equal(expected.Classes.SelectMany(c => c.Ap), actual.Classes.SelectMany(c => c.Ap));
        Assert.Equal(expected.Precision, actual.Precision);
        Assert.Equal(expected.Recall, actual.Recall);

        Detection Near(TruthBox t)
        {
            float dx = random.Next(-4, 5), dy = random.Next(-4, 5);
            return new(t.X1 + dx, t.Y1 + dy, t.X2 + dx, t.Y2 + dy, random.NextSingle(), random.Next(8) == 0 ? 1 - t.Class : t.Class);
        }
    }

    private static TruthBox Box(int x, int y, int side, int cls) => new(x + 8, y + 8, x + 8 + side, y + 8 + side, cls);

    private static BitMask Strip(int x1, int x2) => Filled(x1, 0, x2, 4);

    private static BitMask Filled(float x1, float y1, float x2, float y2)
    {
        var mask = new BitMask(120, 120);
        for (int y = (int)y1; y < (int)y2; y++) mask.SetRun(y, (int)x1, (int)x2);
        return mask;
    }
}
