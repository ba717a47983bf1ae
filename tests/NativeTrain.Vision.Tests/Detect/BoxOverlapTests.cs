using NativeTrain.Vision.Detect;
using Xunit;

namespace NativeTrain.Vision.Tests.Detect;

public sealed class BoxOverlapTests
{
    [Theory]
    [InlineData(0, 0, 10, 10, 1.0)]       // the same box
    [InlineData(0, 0, 10, 5, 0.5)]        // its upper half
    [InlineData(5, 5, 15, 15, 25 / 175.0)] // a quarter in common
    [InlineData(10, 0, 20, 10, 0.0)]      // an edge in common
    [InlineData(20, 20, 30, 30, 0.0)]     // apart
    [InlineData(5, 5, 5, 5, 0.0)]         // a point
    public void IouIsTheCommonAreaOverTheWhole(float x1, float y1, float x2, float y2, double expected)
    {
        Assert.Equal(expected, BoxOverlap.Iou(0, 0, 10, 10, x1, y1, x2, y2), 1e-6);
        Assert.Equal(expected, BoxOverlap.Iou(x1, y1, x2, y2, 0, 0, 10, 10), 1e-6);
    }
}
