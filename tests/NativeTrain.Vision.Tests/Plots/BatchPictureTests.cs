using NativeTrain.Testing;
using NativeTrain.Vision.Plots;
using Xunit;

namespace NativeTrain.Vision.Tests.Plots;

public class BatchPictureTests
{
    [Fact]
    public void Four_pictures_of_different_shapes_stand_in_a_square()
    {
        using var folder = new TemporaryFolder();
        string path = folder.File("batch.png");
        BatchTile[] tiles =
        [
            new(Picture.Filled(320, 320, 255, 0, 0), [], "red.jpg"),
            new(Picture.Filled(160, 320, 0, 255, 0), [], "green.jpg"),
            new(Picture.Filled(320, 160, 0, 0, 255), [], $"{new string('b', 300)}.jpg"),
            new(Picture.Filled(320, 320, 0, 0, 0), [new DrawnBox(100, 100, 220, 220, 2, 0.7f)], ""),
        ];
        BatchPicture.Write(path, tiles, ["a", "b", "c"]);

        // Tiles of 320 with captions of 24 and gaps of 8.
        var sheet = Picture.Decode(path);
        Assert.Equal((2 * (320 + 24 + 8) + 8, 2 * (320 + 8) + 8), (sheet.Height, sheet.Width));
        Assert.Equal((255, 255, 255), sheet.At(3, 3));
        Assert.Equal((255, 0, 0), sheet.At(8, 8));
        Assert.Equal((0, 255, 0), sheet.At(336 + 160, 8 + 160));
        Assert.Equal((240, 240, 240), sheet.At(336 + 160, 8 + 20)); // above the low picture
        Assert.Equal((0, 0, 255), sheet.At(8 + 160, 360 + 160));
        Assert.Equal((240, 240, 240), sheet.At(8 + 20, 360 + 160)); // beside the narrow one
        Assert.Equal(Palette.Rgb(2), sheet.At(336 + 100, 360 + 160)); // the box's left side
        Assert.True(sheet.Count((60, 60, 60), 60, 8, 330, 328, 352) > 20, "no file name under the first tile");
    }

    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(3, 2, 2)]
    [InlineData(16, 4, 4)]
    [InlineData(40, 4, 4)]
    public void The_grid_holds_sixteen_at_most(int count, int columns, int rows)
    {
        using var folder = new TemporaryFolder();
        string path = folder.File("batch.jpg");
        var image = Picture.Filled(640, 640, 9, 9, 9);
        BatchPicture.Write(path, [.. Enumerable.Range(0, count).Select(i => new BatchTile(image, [], $"{i}.jpg"))], []);

        var sheet = Picture.Decode(path);
        int side = Math.Min(640, 1920 / columns - 8);
        Assert.Equal((rows * (side + 32) + 8, columns * (side + 8) + 8), (sheet.Height, sheet.Width));
    }

    /// <summary>Captions of whole pictures: a right class in green, a wrong one in red.</summary>
    [Fact]
    public void Right_and_wrong_classes_have_colours()
    {
        using var folder = new TemporaryFolder();
        string path = folder.File("batch.png");
        var image = Picture.Filled(320, 320, 9, 9, 9);
        BatchPicture.Write(path, [new(image, [], "MMMMMM") { Right = true }, new(image, [], "MMMMMM") { Right = false }], []);
        var sheet = Picture.Decode(path);
        Assert.True(sheet.Count((0, 110, 45), 30, right: 330, top: 328) > 20, "no green letters under the first");
        Assert.True(sheet.Count((190, 20, 20), 30, left: 336, top: 328) > 20, "no red letters under the second");
        Assert.Equal(0, sheet.Count((190, 20, 20), 30, right: 330, top: 328));
    }
}
