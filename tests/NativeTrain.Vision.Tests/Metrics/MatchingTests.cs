using NativeTrain.Vision.Detect;
using NativeTrain.Vision.Metrics;
using Xunit;

namespace NativeTrain.Vision.Tests.Metrics;

public sealed class MatchingTests
{
    private const ushort All = 0b11_1111_1111;

    private static Detection Found(float x1, float x2, float confidence, int cls = 0) => new(x1, 0, x2, 100, confidence, cls);
    private static TruthBox Truth(float x1, float x2, int cls = 0) => new(x1, 0, x2, 100, cls);

    [Fact]
    public void APerfectBoxIsRightAtEveryThreshold() =>
        Assert.Equal([All], Matching.TruePositives([Found(0, 100, 0.9f)], [Truth(0, 100)]));

    [Fact]
    public void AnOverlapCountsUpToItsThreshold() => // IoU 0.72: .50 … .70
        Assert.Equal([0b1_1111], Matching.TruePositives([Found(0, 72, 0.9f)], [Truth(0, 100)]).Select(r => (int)r));

    [Fact]
    public void AnotherClassDoesNotMatch() =>
        Assert.Equal([0], Matching.TruePositives([Found(0, 100, 0.9f, cls: 1)], [Truth(0, 100)]).Select(r => (int)r));

    [Fact]
    public void AnObjectIsUsedOncePerThreshold()
    {
        // The first, IoU 0.72, takes the object up to .70; the second, IoU 0.9, only above that.
        var right = Matching.TruePositives([Found(0, 72, 0.9f), Found(0, 90, 0.8f), Found(0, 100, 0.7f)], [Truth(0, 100)]);
        Assert.Equal([0b00_0001_1111, 0b01_1110_0000, 0b10_0000_0000], right.Select(r => (int)r));
    }

    [Fact]
    public void EachDetectionFindsItsOwnObject() =>
        Assert.Equal([All, All], Matching.TruePositives([Found(200, 300, 0.9f), Found(0, 100, 0.8f)], [Truth(0, 100), Truth(200, 300)]));

    [Fact]
    public void NothingFoundAndNothingThereAreFine()
    {
        Assert.Empty(Matching.TruePositives([], [Truth(0, 100)]));
        Assert.Equal([0], Matching.TruePositives([Found(0, 100, 0.9f)], []).Select(r => (int)r));
    }
}
