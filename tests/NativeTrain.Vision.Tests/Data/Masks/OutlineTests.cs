using NativeTrain.Vision.Data;
using Xunit;

namespace NativeTrain.Vision.Tests;

public sealed class OutlineTests
{
    [Fact]
    public void ClippingKeepsJustWhatIsWithin()
    {
        const int Height = 60, Width = 80;
        var random = new Random(1);
        int cut = 0;
        for (int round = 0; round < 200; round++)
        {
            float[] polygon = Polygons.Star(random, random.NextSingle() * Width, random.NextSingle() * Height, 45, 3 + random.Next(20));
            float[] clipped = Outline.Clip(polygon, Height, Width);
            if (clipped != polygon) cut++;
            var (x1, y1, x2, y2) = Outline.Bounds(clipped);
            Assert.True(x1 >= 0 && y1 >= 0 && x2 <= Width && y2 <= Height);
            for (int k = 0; k < 500; k++)
            {
                double x = 0.01 + random.NextDouble() * (Width - 0.02), y = 0.01 + random.NextDouble() * (Height - 0.02);
                if (Polygons.Contains(polygon, x, y) != Polygons.Contains(clipped, x, y))
                    Assert.True(Distance(polygon, x, y) < 1e-3, $"round {round}: ({x},{y})");
            }
        }
        Assert.True(cut > 100, $"{cut} were cut");
    }

    [Fact]
    public void TheBoxIsThatOfWhatIsSeen()
    {
        // A wedge that leaves at the left: its points moved to the border would claim the height at its root.
        float[] wedge = [-100, -20, 20, 10, -100, 40];
        Assert.Equal((0f, 5f, 20f, 15f), Outline.Bounds(Outline.Clip(wedge, 60, 80)));
        var box = new PixelBox(0, -100, -20, 20, 40, wedge);
        var seen = box.ClipOutline(60, 80);
        Assert.Equal((0f, 5f, 20f, 15f), (seen.X1, seen.Y1, seen.X2, seen.Y2));
        var gone = (box with { Polygon = [-9, 1, -5, 1, -5, 9] }).ClipOutline(60, 80);
        Assert.Equal((0f, 0f), (gone.Width, gone.Height));
    }

    [Fact]
    public void APerspectiveKeepsLinesStraightAndCutsWhatIsBehind()
    {
        double[] matrix = [1, 0.2, 3, -0.1, 1, 5, 0.004, 0.002, 1];
        float[] square = [0, 0, 100, 0, 100, 100, 0, 100];
        float[] moved = Outline.Transform(matrix, square);
        // The middle of an edge lands on the moved edge.
        var middle = Outline.Transform(matrix, [50, 0, 100, 50, 0, 50]);
        for (int i = 0; i < 2; i++)
        {
            float ax = moved[2 * i], ay = moved[2 * i + 1], bx = moved[2 * i + 2], by = moved[2 * i + 3];
            float off = (bx - ax) * (middle[2 * i + 1] - ay) - (by - ay) * (middle[2 * i] - ax);
            Assert.InRange(off, -0.01f, 0.01f);
        }
        // Beyond x = −250 the depth is negative; without a cut those points would come out on the wrong side.
        float[] behind = Outline.Transform(matrix, [-400, 0, 0, 0, 0, 10, -400, 10]);
        for (int i = 0; i < behind.Length; i += 2) Assert.InRange(behind[i], float.NegativeInfinity, 10);
        Assert.Empty(Outline.Transform(matrix, [-400, 0, -300, 0, -300, 10]));
    }

    private static double Distance(float[] polygon, double x, double y)
    {
        double least = double.PositiveInfinity;
        for (int i = 0, j = polygon.Length - 2; i < polygon.Length; j = i, i += 2)
        {
            double ex = (double)polygon[i] - polygon[j], ey = (double)polygon[i + 1] - polygon[j + 1], px = x - polygon[j], py = y - polygon[j + 1];
            double t = Math.Clamp((px * ex + py * ey) / (ex * ex + ey * ey + 1e-12), 0, 1);
            least = Math.Min(least, Math.Sqrt(Math.Pow(px - t * ex, 2) + Math.Pow(py - t * ey, 2)));
        }
        return least;
    }
}
