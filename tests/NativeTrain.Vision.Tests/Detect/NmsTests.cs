using NativeTrain.Vision.Detect;
using Xunit;

namespace NativeTrain.Vision.Tests.Detect;

public sealed class NmsTests
{
    // Three boxes: the second overlaps the first by IoU 0.6, the third stands alone.
    private static readonly float[][] Boxes = [[50, 50, 40, 40], [60, 50, 40, 40], [200, 200, 20, 20]];

    private static float[] Rows(params float[][] scores) => [.. Boxes.Zip(scores, (b, s) => (float[])[.. b, .. s]).SelectMany(r => r)];

    [Fact]
    public void TheMoreConfidentOfTwoOverlappingBoxesStays()
    {
        var kept = Nms.Run(Rows([0.5f], [0.9f], [0.3f]), 3, 1, conf: 0.1f, iou: 0.5f, maxDetections: 300, multiLabel: true);
        Assert.Equal([new Detection(40, 30, 80, 70, 0.9f, 0), new Detection(190, 190, 210, 210, 0.3f, 0)], kept);
    }

    [Fact]
    public void TheAnchorsOfWhatIsKeptAreTold()
    {
        var anchors = new List<int> { -1 };
        Nms.Run(Rows([0.5f, 0], [0.9f, 0], [0.3f, 0.4f]), 3, 2, conf: 0.1f, iou: 0.5f, maxDetections: 300, multiLabel: true, keptAnchors: anchors);
        Assert.Equal([-1, 1, 2, 2], anchors); // added after what is there
    }

    [Theory]
    [InlineData(0.59f, 2)]
    [InlineData(0.61f, 3)]
    public void OnlyAnOverlapAboveTheThresholdSuppresses(float iou, int expected) =>
        Assert.Equal(expected, Nms.Run(Rows([0.5f], [0.9f], [0.3f]), 3, 1, 0.1f, iou, 300, multiLabel: true).Count);

    [Fact]
    public void ClassesSuppressApartUnlessAgnostic()
    {
        float[] rows = Rows([0.5f, 0], [0, 0.9f], [0.3f, 0]);
        Assert.Equal(3, Nms.Run(rows, 3, 2, 0.1f, 0.5f, 300, multiLabel: true).Count);
        Assert.Equal(2, Nms.Run(rows, 3, 2, 0.1f, 0.5f, 300, multiLabel: true, agnostic: true).Count);
    }

    [Fact]
    public void OneLabelAnAnchorOrAll()
    {
        float[] rows = Rows([0.5f, 0.4f], [0, 0], [0.2f, 0.3f]);
        Assert.Equal([(0.5f, 0), (0.4f, 1), (0.3f, 1), (0.2f, 0)], Nms.Run(rows, 3, 2, 0.1f, 0.5f, 300, multiLabel: true).Select(d => (d.Confidence, d.Class)));
        Assert.Equal([(0.5f, 0), (0.3f, 1)], Nms.Run(rows, 3, 2, 0.1f, 0.5f, 300, multiLabel: false).Select(d => (d.Confidence, d.Class)));
    }

    [Fact]
    public void EqualScoresKeepTheAnchorsOrder()
    {
        var kept = Nms.Run(Rows([0.5f], [0.5f], [0.5f]), 3, 1, 0.1f, 0.5f, 300, multiLabel: true);
        Assert.Equal([30f, 190f], kept.Select(d => d.X1));
    }

    [Fact]
    public void TheConfidenceMustBeAboveTheThreshold() =>
        Assert.Single(Nms.Run(Rows([0.25f], [0.2f], [0.26f]), 3, 1, conf: 0.25f, 0.5f, 300, multiLabel: true));

    [Fact]
    public void NothingFoundIsAnEmptyList()
    {
        Assert.Empty(Nms.Run(Rows([0f], [0f], [0f]), 3, 1, 0.25f, 0.5f, 300, multiLabel: true));
        Assert.Empty(Nms.Run([], 0, 1, 0.25f, 0.5f, 300, multiLabel: false));
    }

    [Theory]
    [InlineData(29_999, 2)]
    [InlineData(30_000, 1)]
    public void OnlyTheMostConfidentCandidatesEnter(int sameBox, int expected)
    {
        // The least confident anchor lies apart from all others; it comes first, so that the order does not decide.
        float[] rows = [50, 50, 10, 10, 0.3f, .. Enumerable.Range(0, sameBox).SelectMany(i => (float[])[200, 200, 10, 10, 0.4f + i * 1e-5f])];
        var kept = Nms.Run(rows, sameBox + 1, 1, 0.25f, 0.5f, 300, multiLabel: true);
        Assert.Equal(expected, kept.Count);
        Assert.Equal(rows[^1], kept[0].Confidence);
    }

    [Fact]
    public void AWrongNumberOfValuesIsRefused() =>
        Assert.Throws<ArgumentException>(() => Nms.Run(new float[14], 3, 1, 0.25f, 0.5f, 300, multiLabel: true));

    [Theory]
    [InlineData(1, true, 300)]
    [InlineData(3, true, 20)]
    [InlineData(3, false, 300)]
    [InlineData(17, true, 300)]
    public void KeepsWhatComparingEveryPairKeeps(int nc, bool multiLabel, int max)
    {
        const int anchors = 400;
        const float conf = 0.3f, iou = 0.4f;
        var random = new Random(nc);
        float[] rows = new float[anchors * (4 + nc)];
        for (int a = 0; a < anchors; a++)
            for (int k = 0; k < 4 + nc; k++)
                rows[a * (4 + nc) + k] = (float)random.NextDouble() * (k < 2 ? 200 : k < 4 ? 60 : 1);

        var candidates = new List<Detection>();
        for (int a = 0; a < anchors; a++)
        {
            float[] r = rows[(a * (4 + nc))..((a + 1) * (4 + nc))];
            for (int c = 0; c < nc; c++)
                if (r[4 + c] > conf && (multiLabel || r[4 + c] == r[4..].Max()))
                    candidates.Add(new Detection(r[0] - r[2] / 2, r[1] - r[3] / 2, r[0] + r[2] / 2, r[1] + r[3] / 2, r[4 + c], c));
        }
        var expected = new List<Detection>();
        foreach (var d in candidates.OrderByDescending(d => d.Confidence))
            if (!expected.Any(k => k.Class == d.Class && BoxOverlap.Iou(k.X1, k.Y1, k.X2, k.Y2, d.X1, d.Y1, d.X2, d.Y2) > iou))
                expected.Add(d);
        Assert.NotEqual(candidates.Count, expected.Count);
        Assert.Equal(expected.Take(max), Nms.Run(rows, anchors, nc, conf, iou, max, multiLabel));
    }
}
