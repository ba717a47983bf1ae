using NativeTrain.Testing;
using NativeTrain.Vision.Plots;
using Xunit;

namespace NativeTrain.Vision.Tests.Plots;

public class ConfusionPlotTests
{
    private static readonly (byte, byte, byte) Full = (8, 48, 107), Empty = (255, 255, 255);

    /// <summary>Cells of 150 pixels: a diagonal of one class of two, the other never found.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Cells_are_as_dark_as_their_counts(bool normalize)
    {
        using var folder = new TemporaryFolder();
        string path = folder.File("confusion.png");
        float[,] counts = { { 40, 0, 0 }, { 0, 0, float.NaN }, { 0, 10, 0 } };
        ConfusionPlot.Write(path, counts, ["a", "b"], normalize);

        var picture = Picture.Decode(path);
        var (left, top) = Corner(picture);
        Assert.Equal(Full, picture.At(left + 20, top + 20));
        Assert.Equal(Empty, picture.At(left + 170, top + 20));
        Assert.Equal(Empty, picture.At(left + 320, top + 170)); // NaN
        var missed = picture.At(left + 170, top + 320); // column b, row background: 10, and all of b
        Assert.Equal(normalize ? Full : ((byte)206, (byte)224, (byte)242), missed); // 10 of 40 is the scale's second stop
        Assert.True(picture.Count((255, 255, 255), 30, left + 40, top + 50, left + 110, top + 100) > 50, "no number in the full cell");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(20)]
    [InlineData(80)]
    public void Names_of_any_length_leave_the_margins_empty(int classes)
    {
        using var folder = new TemporaryFolder();
        string path = folder.File("confusion.png");
        var counts = new float[classes + 1, classes + 1];
        for (int i = 0; i <= classes; i++) counts[i, i] = 123456;
        ConfusionPlot.Write(path, counts, Picture.ManyNames, normalize: false);

        var picture = Picture.Decode(path);
        Assert.InRange(picture.Width, 400, 1700);
        const int margin = 12;
        Assert.Equal(margin * picture.Height, picture.Count(Empty, right: margin));
        Assert.Equal(margin * picture.Width, picture.Count(Empty, bottom: margin));
        Assert.Equal(margin * picture.Height, picture.Count(Empty, left: picture.Width - margin));
        Assert.Equal(margin * picture.Width, picture.Count(Empty, top: picture.Height - margin));
    }

    /// <summary>Without background the last row is a class: its name, longer than the word background, makes the margin wider.</summary>
    [Fact]
    public void Whole_pictures_have_no_background()
    {
        using var folder = new TemporaryFolder();
        string[] names = ["a", "a long name for a class"];
        ConfusionPlot.Write(folder.File("with.png"), new float[2, 2], names, normalize: false);
        ConfusionPlot.Write(folder.File("without.png"), new float[,] { { 3, 0 }, { 0, 3 } }, names, normalize: false, background: false);
        var (left, top) = Corner(Picture.Decode(folder.File("without.png")));
        Assert.True(left > Corner(Picture.Decode(folder.File("with.png"))).Left);
        Assert.Equal(Full, Picture.Decode(folder.File("without.png")).At(left + 170, top + 170));
    }

    [Fact]
    public void Nothing_counted_is_no_fault()
    {
        using var folder = new TemporaryFolder();
        foreach (bool normalize in new[] { false, true })
        {
            string path = folder.File($"confusion{normalize}.png");
            ConfusionPlot.Write(path, new float[4, 4], ["a", "b", "c"], normalize);
            var (left, top) = Corner(Picture.Decode(path));
            Assert.Equal(Empty, Picture.Decode(path).At(left + 20, top + 20));
        }
    }

    /// <summary>The first pixel inside the matrix's frame: its corner is the first dark pixel whose right and lower neighbours are dark for long.</summary>
    private static (int Left, int Top) Corner(Images.RgbImage picture)
    {
        for (int y = 0; y < picture.Height - 50; y++)
            for (int x = 0; x < picture.Width - 50; x++)
                if (Enumerable.Range(0, 50).All(i => Dark(x + i, y) && Dark(x, y + i))) return (x + 1, y + 1);
        throw new InvalidOperationException("no frame");

        bool Dark(int x, int y) => Picture.IsNear(picture.At(x, y), (40, 40, 40), 2);
    }
}
