using NativeTrain.Vision.Images;
using Xunit;

namespace NativeTrain.Vision.Tests;

public class NativeImageTests
{
    [Theory]
    [InlineData(48, 64, 24, 32)]        // the halving path
    [InlineData(48, 64, 31, 41)]
    [InlineData(17, 23, 40, 61)]
    [InlineData(5, 7, 5, 20)]
    [InlineData(1, 1, 6, 4)]
    [InlineData(9, 300, 1, 1)]
    public void ResizeIsBilinearWithHalfPixelCentres(int h, int w, int dh, int dw)
    {
        var image = TestPictures.Noise(h, w);
        var resized = image.Resize(dh, dw);
        for (int y = 0; y < dh; y++)
            for (int x = 0; x < dw; x++)
                for (int c = 0; c < 3; c++)
                {
                    double expected = Bilinear(image, (y + 0.5) * h / dh - 0.5, (x + 0.5) * w / dw - 0.5, c, outside: null);
                    Assert.InRange(resized.Pixels[(y * dw + x) * 3 + c], expected - 1, expected + 1);
                }
    }

    [Fact]
    public void ResizeKeepsAFlatPicture()
    {
        foreach (byte value in new byte[] { 0, 1, 114, 254, 255 })
            Assert.All(RgbImage.Filled(13, 29, value).Resize(37, 11).Pixels, p => Assert.Equal(value, p));
    }

    [Theory]
    [InlineData(30, 40, 0, 0, 30, 40, 30, 40)]        // as it is
    [InlineData(30, 40, 3, 5, 20, 30, 61, 47)]        // larger
    [InlineData(90, 70, 10, 0, 77, 70, 16, 16)]       // smaller: an average over what a pixel covers
    [InlineData(30, 40, 29, 39, 1, 1, 5, 7)]
    [InlineData(50, 200, 0, 0, 50, 200, 64, 16)]      // larger one way, smaller the other
    public void ResampleIsATriangleFilterOverItsWindow(int h, int w, int top, int left, int rows, int columns, int dh, int dw)
    {
        var image = TestPictures.Noise(h, w);
        var resampled = new RgbImage(dh, dw);
        NativeImage.Resample(image.Pixels, h, w, top, left, rows, columns, resampled.Pixels, dh, dw);
        for (int y = 0; y < dh; y++)
            for (int x = 0; x < dw; x++)
            {
                double sum = 0, weights = 0;
                for (int v = 0; v < rows; v++)
                    for (int u = 0; u < columns; u++)
                    {
                        double weight = Triangle(v, y, rows, dh) * Triangle(u, x, columns, dw);
                        sum += weight * image.Pixels[((top + v) * w + left + u) * 3 + 2];
                        weights += weight;
                    }
                Assert.InRange(resampled.Pixels[(y * dw + x) * 3 + 2], sum / weights - 1.01, sum / weights + 1.01);
            }

        static double Triangle(int source, int destination, int from, int to)
        {
            double scale = (double)from / to, width = Math.Max(scale, 1);
            return Math.Max(0, 1 - Math.Abs(source + 0.5 - (destination + 0.5) * scale) / width);
        }
    }

    [Fact]
    public void AFineCheckerboardShrinksToGrey()
    {
        var image = new RgbImage(64, 64);
        for (int i = 0; i < 64 * 64; i++) image.Pixels.AsSpan(3 * i, 3).Fill((byte)((i / 64 + i) % 2 * 255));
        var small = new RgbImage(21, 21);
        NativeImage.Resample(image.Pixels, 64, 64, 0, 0, 64, 64, small.Pixels, 21, 21);
        Assert.All(small.Pixels, p => Assert.InRange(p, 110, 145));
    }

    [Fact]
    public void AWindowBeyondTheImageIsRefused()
    {
        byte[] pixels = new byte[300];
        Assert.Throws<InvalidOperationException>(() => NativeImage.Resample(pixels, 10, 10, 5, 0, 6, 10, new byte[300], 10, 10));
    }

    [Fact]
    public void WarpByTheIdentityCopies()
    {
        var image = TestPictures.Noise(19, 33);
        Assert.Equal(image.Pixels, Warp(image, 19, 33, [1, 0, 0, 0, 1, 0, 0, 0, 1], false));
        Assert.Equal(image.Pixels, Warp(image, 19, 33, [1, 0, 0, 0, 1, 0, 0, 0, 1], true));
    }

    [Fact]
    public void WarpByAShiftMovesAndFills()
    {
        var image = TestPictures.Noise(20, 30);
        var shifted = Warp(image, 20, 30, [1, 0, -4, 0, 1, 3, 0, 0, 1], false);
        for (int y = 0; y < 20; y++)
            for (int x = 0; x < 30; x++)
            {
                bool inside = x - 4 >= 0 && y + 3 < 20;
                byte expected = inside ? image.Pixels[((y + 3) * 30 + x - 4) * 3] : (byte)114;
                Assert.Equal(expected, shifted[(y * 30 + x) * 3]);
            }
    }

    [Theory]
    [InlineData(0.8, 0.3, -5, -0.2, 1.1, 2, 0, 0)]
    [InlineData(-1.5, 0.9, 60, 0.7, -1.2, 50, 0, 0)]
    [InlineData(0.01, 0, 5, 0, 0.01, 5, 0, 0)]
    [InlineData(40, 0, -500, 0, 40, -500, 0, 0)]
    [InlineData(1, 0, 500, 0, 1, 0, 0, 0)]           // wholly outside
    [InlineData(0.8, 0.3, -5, -0.2, 1.1, 2, 0.002, -0.001)]
    public void WarpIsBilinear(double a, double b, double c, double d, double e, double f, double g, double h)
    {
        var image = TestPictures.Noise(41, 57, seed: 2);
        double[] m = [a, b, c, d, e, f, g, h, 1];
        bool perspective = g != 0;
        var warped = Warp(image, 50, 45, m, perspective);
        for (int y = 0; y < 50; y++)
            for (int x = 0; x < 45; x++)
            {
                double w = g * x + h * y + 1;
                double sx = (a * x + b * y + c) / w, sy = (d * x + e * y + f) / w;
                for (int k = 0; k < 3; k++)
                {
                    // The weights have 8 bits: up to 255/256 levels off a side.
                    double expected = Bilinear(image, sy, sx, k, outside: 114);
                    Assert.InRange(warped[(y * 45 + x) * 3 + k], expected - 2.6, expected + 2.6);
                }
            }
    }

    [Fact]
    public void HsvWithUnitGainsKeepsThePictureToWhatEightBitsHold()
    {
        var image = TestPictures.Noise(40, 50);
        byte[] pixels = [.. image.Pixels];
        NativeImage.Hsv(pixels, 1, 1, 1);
        // A hue step is 2° = 1/30 of a sector, half of it lost: up to 255/60 levels.
        for (int i = 0; i < pixels.Length; i++) Assert.InRange(pixels[i], image.Pixels[i] - 5, image.Pixels[i] + 5);
    }

    [Fact]
    public void HsvGainsActOnTheirOwnChannel()
    {
        byte[] pixels = [200, 100, 50, 10, 10, 10, 0, 0, 255, 255, 255, 255, 0, 0, 0];
        NativeImage.Hsv(pixels, 1, 1, 0.5f);
        Assert.Equal([100, 50, 25, 5, 5, 5, 0, 0, 127, 127, 127, 127, 0, 0, 0], pixels);

        byte[] grey = [200, 100, 50];
        NativeImage.Hsv(grey, 1, 0, 1);
        Assert.Equal([200, 200, 200], grey);

        byte[] red = [250, 0, 0];                      // hue 0 stays 0, saturation and value are at their ends
        NativeImage.Hsv(red, 1.5f, 4, 4);
        Assert.Equal([255, 0, 0], red);

        byte[] green = [0, 200, 0];                    // hue 60 (of 180) times 2 is blue
        NativeImage.Hsv(green, 2, 1, 1);
        Assert.Equal([0, 0, 200], green);
    }

    [Fact]
    public void FlipTwiceIsNothing()
    {
        var image = TestPictures.Noise(7, 5);
        byte[] pixels = [.. image.Pixels];
        NativeImage.Flip(pixels, 7, 5, true, true);
        Assert.Equal(image.Pixels[..3], pixels[^3..]);
        Assert.Equal(image.Pixels[12..15], pixels[^15..^12]);
        NativeImage.Flip(pixels, 7, 5, true, false);
        NativeImage.Flip(pixels, 7, 5, false, true);
        Assert.Equal(image.Pixels, pixels);
    }

    [Theory]
    [InlineData(-2, -3)]
    [InlineData(6, 7)]
    [InlineData(2, 1)]
    [InlineData(50, 0)]
    [InlineData(-50, 0)]
    public void PasteCutsWhatLiesOutside(int top, int left)
    {
        var source = TestPictures.Noise(5, 6);
        var canvas = RgbImage.Filled(9, 10, 7);
        NativeImage.Paste(source.Pixels, 5, 6, canvas.Pixels, 9, 10, top, left);
        for (int y = 0; y < 9; y++)
            for (int x = 0; x < 10; x++)
            {
                bool inside = y - top is >= 0 and < 5 && x - left is >= 0 and < 6;
                Assert.Equal(inside ? source.Pixels[((y - top) * 6 + x - left) * 3 + 1] : 7, canvas.Pixels[(y * 10 + x) * 3 + 1]);
            }
    }

    [Theory]
    [InlineData(0.8, 0.3, -5, -0.2, 1.1, 2, 0, 0)]
    [InlineData(-1.5, 0.9, 60, 0.7, -1.2, 50, 0, 0)]
    [InlineData(1, 0.09, 0.045, 0, 1, 0, 0, 0)]
    [InlineData(1, 0.1, -2, 0.05, 1, 3, 0.002, 0.001)]
    public void AWarpThatCutsShowsTheEdgeUpToHalfAPixelOutside(double a, double b, double c, double d, double e, double f, double g, double h)
    {
        var image = TestPictures.Noise(41, 57, seed: 2);
        var warped = new byte[50 * 60 * 3];
        NativeImage.Warp(image.Pixels, 41, 57, warped, 50, 60, [a, b, c, d, e, f, g, h, 1], perspective: g != 0, fill: 114, cut: true);
        for (int y = 0; y < 50; y++)
            for (int x = 0; x < 60; x++)
            {
                double w = g * x + h * y + 1;
                double sx = (a * x + b * y + c) / w, sy = (d * x + e * y + f) / w;
                double outside = Math.Max(Math.Max(-0.5 - sx, sx - 56.5), Math.Max(-0.5 - sy, sy - 40.5));
                if (Math.Abs(outside) < 1e-3) continue; // on the cut, rounding decides
                for (int k = 0; k < 3; k++)
                {
                    double expected = outside > 0 ? 114 : Bilinear(image, Math.Clamp(sy, 0, 40), Math.Clamp(sx, 0, 56), k, outside: null);
                    Assert.InRange(warped[(y * 60 + x) * 3 + k], expected - 2.6, expected + 2.6);
                }
            }
    }

    private static byte[] Warp(RgbImage image, int h, int w, double[] inverse, bool perspective)
    {
        var output = new byte[h * w * 3];
        NativeImage.Warp(image.Pixels, image.Height, image.Width, output, h, w, inverse, perspective, 114);
        return output;
    }

    /// <summary>Plain interpolation in doubles; beyond the border the border itself, or a constant.</summary>
    private static double Bilinear(RgbImage image, double y, double x, int c, byte? outside)
    {
        int y0 = (int)Math.Floor(y), x0 = (int)Math.Floor(x);
        double fy = y - y0, fx = x - x0;
        return (At(y0, x0) * (1 - fx) + At(y0, x0 + 1) * fx) * (1 - fy) + (At(y0 + 1, x0) * (1 - fx) + At(y0 + 1, x0 + 1) * fx) * fy;

        double At(int py, int px)
        {
            bool inside = py >= 0 && px >= 0 && py < image.Height && px < image.Width;
            if (!inside && outside is { } fill) return fill;
            return image.Pixels[(Math.Clamp(py, 0, image.Height - 1) * image.Width + Math.Clamp(px, 0, image.Width - 1)) * 3 + c];
        }
    }
}
