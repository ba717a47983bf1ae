using NativeTrain.Testing;
using NativeTrain.Vision.Detect;
using NativeTrain.Vision.Plots;
using Xunit;

namespace NativeTrain.Vision.Tests.Plots;

public class MaskPainterTests
{
    /// <summary>A mask at a quarter of the picture's size: its area is tinted, its contour is in the full colour, the rest is as it was.</summary>
    [Fact]
    public void AMaskIsAnAreaOfItsClassColourWithAContour()
    {
        var image = Picture.Filled(200, 200, 90, 90, 90);
        var drawn = MaskPainter.Draw(image, [new DrawnMask(Square(50, 10, 30), 3)]);

        Assert.Equal((90, 90, 90), drawn.At(20, 20));
        Assert.Equal((90, 90, 90), drawn.At(140, 80));
        var colour = Palette.Rgb(3);
        var inside = drawn.At(80, 80);
        Assert.True(Between(inside.Red, 90, colour.Red) && Between(inside.Green, 90, colour.Green) && Between(inside.Blue, 90, colour.Blue), $"{inside}");
        Assert.NotEqual((90, 90, 90), inside);
        Assert.True(drawn.Count(colour, 30, 36, 36, 44, 120) > 80, "no contour at the left side");
        Assert.Equal(200 * 200, image.Count((90, 90, 90))); // the picture given is left as it is
    }

    [Fact]
    public void AHoleIsNotPainted()
    {
        var ring = Square(50, 5, 45);
        for (int y = 20; y < 30; y++)
            for (int x = 20; x < 30; x++)
                ring[y, x] = false;
        var drawn = MaskPainter.Draw(Picture.Filled(50, 50, 0, 0, 0), [new DrawnMask(ring, 0)]);
        Assert.Equal((0, 0, 0), drawn.At(25, 25));
        Assert.NotEqual((0, 0, 0), drawn.At(10, 25));
    }

    [Fact]
    public void EmptyMasksAndNoMasksGiveTheSamePixels()
    {
        var image = Picture.Filled(30, 41, 1, 2, 3);
        Assert.Equal(image.Pixels, MaskPainter.Draw(image, []).Pixels);
        Assert.Equal(image.Pixels, MaskPainter.Draw(image, [new DrawnMask(new BitMask(8, 8), 0)]).Pixels);
    }

    [Fact]
    public void MasksLieUnderTheBoxesOfATile()
    {
        using var folder = new TemporaryFolder();
        var tile = new BatchTile(Picture.Filled(320, 320, 0, 0, 0), [new DrawnBox(64, 64, 192, 192, 1)], "") { Masks = [new DrawnMask(Square(80, 16, 48), 1)] };
        BatchPicture.Write(folder.File("a.png"), [tile], ["", ""]);
        var sheet = Picture.Decode(folder.File("a.png"));
        Assert.Equal(Palette.Rgb(1), sheet.At(8 + 64, 8 + 150)); // the box
        var inside = sheet.At(8 + 128, 8 + 128);
        Assert.NotEqual((0, 0, 0), inside);
        Assert.NotEqual(Palette.Rgb(1), inside);
        Assert.Equal((0, 0, 0), sheet.At(8 + 250, 8 + 250));
    }

    private static bool Between(byte value, byte a, byte b) => value >= Math.Min(a, b) && value <= Math.Max(a, b);

    private static BitMask Square(int size, int from, int to)
    {
        var mask = new BitMask(size, size);
        for (int y = from; y < to; y++) mask.SetRun(y, from, to);
        return mask;
    }
}
