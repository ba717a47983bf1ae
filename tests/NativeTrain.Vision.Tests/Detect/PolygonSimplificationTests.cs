using NativeTrain.Vision.Detect;
using Xunit;

namespace NativeTrain.Vision.Tests.Detect;

public sealed class PolygonSimplificationTests
{
    [Fact]
    public void PointsOnALineGo() =>
        Assert.Equal([0, 0, 10, 0, 10, 10, 0, 10], PolygonSimplification.Simplify([0, 0, 5, 0, 10, 0, 10, 5, 10, 10, 5, 10, 0, 10, 0, 5], 0.1f));

    [Fact]
    public void AnEdgeBackToTheStartIsSimplifiedToo() =>
        Assert.Equal([0, 0, 10, 0, 10, 10], PolygonSimplification.Simplify([0, 0, 10, 0, 10, 10, 5, 5.05f], 0.1f));

    [Theory]
    [InlineData(0.9f, true)]
    [InlineData(1.1f, false)]
    public void ABumpStaysIfItIsFartherThanTheTolerance(float tolerance, bool kept) =>
        Assert.Equal(kept ? 10 : 8, PolygonSimplification.Simplify([0, 0, 5, -1, 10, 0, 10, 10, 0, 10], tolerance).Length);

    [Fact]
    public void WhatWouldCollapseStaysAsItIs()
    {
        float[] sliver = [0, 0, 10, 0, 10, 0.1f, 0, 0.1f];
        Assert.Equal(sliver, PolygonSimplification.Simplify(sliver, 1));
        float[] point = [3, 3, 3, 3, 3, 3, 3, 3, 3, 3];
        Assert.Equal(point, PolygonSimplification.Simplify(point, 1));
    }

    /// <summary>No point of a circle is farther from what is left than the tolerance, and most points go.</summary>
    [Fact]
    public void ACircleStaysWithinTheTolerance()
    {
        float[] circle = [.. Enumerable.Range(0, 400).SelectMany(i => new[] { 50 * MathF.Cos(i * MathF.Tau / 400), 50 * MathF.Sin(i * MathF.Tau / 400) })];
        float[] simple = PolygonSimplification.Simplify(circle, 0.5f);
        Assert.InRange(simple.Length / 2, 10, 60);
        Assert.InRange(PolygonArea.Signed(simple), 0.98 * MathF.PI * 2500, MathF.PI * 2500);
    }
}
