using NativeTrain.Vision.Images;
using Xunit;

namespace NativeTrain.Vision.Tests;

public class LetterboxTests
{
    [Theory]
    [InlineData(480, 640, 320, true, 256, 320, 8, 0)]       // 240 rows, up to the next multiple of 32
    [InlineData(480, 640, 320, false, 320, 320, 40, 0)]
    [InlineData(640, 427, 320, true, 320, 224, 0, 5)]       // 213.5 → 214 columns (to even), 10 over
    [InlineData(100, 100, 320, true, 320, 320, 0, 0)]       // scaled up
    [InlineData(99, 200, 320, true, 160, 320, 1, 0)]        // 158 rows
    public void FitsAndCentres(int h, int w, int imgsz, bool auto, int height, int width, int top, int left)
    {
        var (image, info) = Letterbox.Fit(RgbImage.Filled(h, w, 200), imgsz, "a.jpg", auto);
        Assert.Equal((height, width), (image.Height, image.Width));
        Assert.Equal((left, top), (info.PadX, info.PadY));
        for (int y = 0; y < height; y++)
            for (int x = 0; x < width; x++)
            {
                bool inside = y >= top && y < top + Math.Round(h * info.ScaleY) && x >= left && x < left + Math.Round(w * info.ScaleX);
                Assert.Equal(inside ? 200 : 114, image.Pixels[(y * width + x) * 3]);
            }
    }

    [Fact]
    public void AnOddMarginIsSmallerAboveAndLeft()
    {
        var canvas = new byte[10 * 10 * 3];
        var info = Letterbox.Place(RgbImage.Filled(7, 5, 1), canvas, 10, 10, "", 7, 5);
        Assert.Equal((1, 2), ((int)info.PadY, (int)info.PadX));
    }
}
