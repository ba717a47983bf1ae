using NativeTrain.Vision.Plots;
using Xunit;

namespace NativeTrain.Vision.Tests.Plots;

public class BoxPainterTests
{
    private static readonly string[] Names = ["cell", "a class whose name is far longer than any picture is wide, on and on and on"];

    [Fact]
    public void A_box_has_its_class_colour_on_all_four_sides_and_a_tag_above()
    {
        var drawn = BoxPainter.Draw(Picture.Filled(200, 300, 90, 90, 90), [new DrawnBox(60, 50, 220, 150, 0, 0.875f)], Names);

        var colour = Palette.Rgb(0);
        Assert.Equal(colour, drawn.At(60, 120)); // left
        Assert.Equal(colour, drawn.At(219, 120)); // right
        Assert.Equal(colour, drawn.At(180, 50)); // top
        Assert.Equal(colour, drawn.At(140, 149)); // bottom
        Assert.Equal((90, 90, 90), drawn.At(140, 100)); // inside
        Assert.True(drawn.Count(colour, 0, 60, 30, 140, 50) > 300, "no tag above the box");
        Assert.True(drawn.Count((0, 0, 0), 40, 60, 30, 140, 50) > 10, "no letters on the tag");
    }

    [Fact]
    public void The_picture_given_is_left_as_it_is()
    {
        var image = Picture.Filled(50, 50, 7, 8, 9);
        BoxPainter.Draw(image, [new DrawnBox(5, 5, 40, 40, 0)], Names);
        Assert.Equal(50 * 50, image.Count((7, 8, 9)));
    }

    [Fact]
    public void No_boxes_give_the_same_pixels()
    {
        var image = Picture.Filled(30, 41, 1, 2, 3);
        Assert.Equal(image.Pixels, BoxPainter.Draw(image, [], Names).Pixels);
    }

    [Fact]
    public void A_box_around_the_whole_picture_is_seen_at_its_edges()
    {
        var drawn = BoxPainter.Draw(Picture.Filled(120, 160, 0, 0, 0), [new DrawnBox(-50, -50, 900, 900, 0)], Names);
        var colour = Palette.Rgb(0);
        Assert.Equal(colour, drawn.At(0, 60));
        Assert.Equal(colour, drawn.At(159, 60));
        Assert.Equal(colour, drawn.At(150, 0));
        Assert.Equal(colour, drawn.At(80, 119));
    }

    [Theory]
    [InlineData(float.NaN, 1, 20, 20)]
    [InlineData(1, float.NegativeInfinity, 20, 20)]
    [InlineData(1, 1, float.PositiveInfinity, 20)]
    [InlineData(30, 30, 20, 20)]
    [InlineData(500, 500, 600, 600)]
    [InlineData(-90, -90, -10, -10)]
    public void A_box_that_cannot_be_seen_is_left_out(float x1, float y1, float x2, float y2)
    {
        var image = Picture.Filled(64, 64, 10, 20, 30);
        Assert.Equal(image.Pixels, BoxPainter.Draw(image, [new DrawnBox(x1, y1, x2, y2, 0)], Names).Pixels);
    }

    /// <summary>On a tiny picture, with a name that cannot fit and a class without a name, there is still a picture.</summary>
    [Theory]
    [InlineData(1, 1)]
    [InlineData(3, 200)]
    [InlineData(200, 3)]
    [InlineData(32, 32)]
    public void Long_and_missing_names_are_drawn_on_any_size(int height, int width)
    {
        DrawnBox[] boxes = [new(0, 0, width, height, 1, 0.5f), new(0, 0, width, height, 77, float.NaN)];
        var drawn = BoxPainter.Draw(Picture.Filled(height, width, 0, 0, 0), boxes, Names);
        Assert.Equal((height, width), (drawn.Height, drawn.Width));
        Assert.True(drawn.Count((0, 0, 0)) < height * width, "nothing was drawn");
    }

    [Fact]
    public void The_surest_box_lies_on_top()
    {
        DrawnBox[] boxes = [new(10, 60, 90, 90, 0, 0.9f), new(10, 60, 90, 90, 1, 0.3f)];
        var drawn = BoxPainter.Draw(Picture.Filled(100, 100, 0, 0, 0), boxes, ["", ""]);
        Assert.Equal(Palette.Rgb(0), drawn.At(70, 89));
    }
}
