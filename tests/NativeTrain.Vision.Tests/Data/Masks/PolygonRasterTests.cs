using NativeTrain.Vision.Data;
using Xunit;

namespace NativeTrain.Vision.Tests;

public sealed class PolygonRasterTests
{
    private readonly PolygonRaster raster = new();

    private bool[,] Mask(float[] polygon, int height, int width, int cell)
    {
        var runs = new List<MaskRun>();
        int area = raster.Fill(polygon, height, width, cell, runs);
        var mask = new bool[height, width];
        foreach (var (row, start, end) in runs)
            for (int x = start; x < end; x++)
            {
                Assert.False(mask[row, x]);
                mask[row, x] = true;
            }
        Assert.Equal(area, runs.Sum(r => r.End - r.Start));
        return mask;
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    [InlineData(8)]
    public void ACellIsInWhereHalfOfItIsInside(int cell)
    {
        const int Height = 12, Width = 15, Samples = 40;
        var random = new Random(3);
        int decided = 0;
        for (int round = 0; round < 60; round++)
        {
            float[] polygon = Polygons.Star(random, random.NextSingle() * Width * cell, random.NextSingle() * Height * cell, 7 * cell, 3 + random.Next(12));
            bool[,] mask = Mask(polygon, Height, Width, cell);
            for (int y = 0; y < Height; y++)
                for (int x = 0; x < Width; x++)
                {
                    int inside = 0;
                    for (int k = 0; k < Samples * Samples; k++)
                        if (Polygons.Contains(polygon, (x + (k % Samples + 0.5) / Samples) * cell, (y + (k / Samples + 0.5) / Samples) * cell)) inside++;
                    double share = (double)inside / (Samples * Samples);
                    if (Math.Abs(share - 0.5) < 0.2) continue;                   // four lines a cell see each edge to within an eighth
                    Assert.True(mask[y, x] == share > 0.5, $"round {round}: cell ({x},{y}) is {share:0.00} inside");
                    decided++;
                }
        }
        Assert.True(decided > 9000, $"{decided} cells");
    }

    [Fact]
    public void TheAreaIsThePolygons()
    {
        var random = new Random(5);
        for (int round = 0; round < 50; round++)
        {
            float[] polygon = Polygons.Star(random, 200, 200, 180, 4 + random.Next(60));
            Assert.InRange(raster.Fill(polygon, 400, 400, 1, []) / Polygons.Area(polygon), 0.99, 1.01);
            Assert.InRange(raster.Fill(polygon, 100, 100, 4, []) * 16 / Polygons.Area(polygon), 0.95, 1.05);
        }
    }

    [Fact]
    public void RectanglesAreExact()
    {
        bool[,] mask = Mask([8, 4, 20, 4, 20, 12, 8, 12], 6, 8, 4);
        for (int y = 0; y < 6; y++)
            for (int x = 0; x < 8; x++)
                Assert.Equal(y is 1 or 2 && x is 2 or 3 or 4, mask[y, x]);
        // Half of the cells along each side: in; of those at the corners a quarter. A little less than half: out.
        Assert.Equal(5 * 4 - 4, raster.Fill([6, 2, 22, 2, 22, 14, 6, 14], 6, 8, 4, []));
        Assert.Equal(3 * 4, raster.Fill([6.1f, 2, 21.9f, 2, 21.9f, 14, 6.1f, 14], 6, 8, 4, []));
    }

    [Fact]
    public void APolygonInsideItselfIsAHole()
    {
        // An outer square, a bridge to an inner one that runs the same way, and back.
        float[] ring = [0, 0, 10, 0, 10, 10, 0, 10, 0, 0, 3, 3, 7, 3, 7, 7, 3, 7, 3, 3];
        Assert.Equal(100 - 16, raster.Fill(ring, 10, 10, 1, []));
        Assert.False(Mask(ring, 10, 10, 1)[5, 5]);
    }

    [Theory]
    [InlineData(new float[] { -50, -50, 100, -50, 100, 100, -50, 100 }, 80)]         // all of the mask
    [InlineData(new float[] { -50, -50, -10, -50, -10, 100 }, 0)]
    [InlineData(new float[] { 0, 200, 10, 200, 10, 300 }, 0)]
    [InlineData(new float[] { 3, 3, 9, 9 }, 0)]                                       // a line
    [InlineData(new float[] { 5, 5, 5, 5, 5, 5 }, 0)]
    [InlineData(new float[] { }, 0)]
    public void WhatLiesOutsideIsCut(float[] polygon, int area) => Assert.Equal(area, raster.Fill(polygon, 8, 10, 1, []));
}
