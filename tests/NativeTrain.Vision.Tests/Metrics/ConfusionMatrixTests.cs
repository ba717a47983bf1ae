using NativeTrain.Vision.Detect;
using NativeTrain.Vision.Metrics;
using Xunit;

namespace NativeTrain.Vision.Tests.Metrics;

public sealed class ConfusionMatrixTests
{
    private const int Background = 2;

    private static Detection Found(float x, float confidence, int cls) => new(x, 0, x + 10, 10, confidence, cls);
    private static TruthBox Truth(float x, int cls) => new(x, 0, x + 10, 10, cls);

    [Fact]
    public void EveryPairLandsInItsCell()
    {
        var matrix = new ConfusionMatrix(2);
        matrix.Add(
            [Found(0, 0.9f, 0), Found(100, 0.9f, 1), Found(500, 0.9f, 1), Found(200, 0.25f, 0)],
            [Truth(0, 0), Truth(100, 0), Truth(200, 0), Truth(300, 1)]);
        var expected = new float[3, 3];
        expected[0, 0] = 1;          // right
        expected[1, 0] = 1;          // class 0 taken for class 1
        expected[Background, 0] = 1; // missed: its detection is not above .25
        expected[Background, 1] = 1; // missed
        expected[1, Background] = 1; // nothing there
        Assert.Equal(expected, matrix.Counts);
    }

    [Fact]
    public void TheBetterOfTwoOverlapsIsMatched()
    {
        var matrix = new ConfusionMatrix(2);
        matrix.Add([Found(2, 0.9f, 1), Found(0, 0.3f, 0)], [Truth(0, 0)]);
        Assert.Equal(1, matrix.Counts[0, 0]);
        Assert.Equal(1, matrix.Counts[1, Background]);
    }

    [Fact]
    public void ImagesWithoutAnythingAddNothing()
    {
        var matrix = new ConfusionMatrix(2);
        matrix.Add([], []);
        Assert.All(matrix.Counts.Cast<float>(), c => Assert.Equal(0, c));
    }
}
