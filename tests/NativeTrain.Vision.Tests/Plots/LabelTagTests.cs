using NativeTrain.Vision.Plots;
using SkiaSharp;
using Xunit;

namespace NativeTrain.Vision.Tests.Plots;

public class LabelTagTests
{
    private static readonly SKRect Area = new(0, 0, 100, 80);
    private static readonly SKSize Tag = new(40, 10);

    [Fact]
    public void Stands_on_the_box_where_there_is_room() =>
        Assert.Equal(new SKRect(19, 19, 59, 29), LabelTag.Place(new SKRect(20, 30, 90, 70), Tag, Area, 2, []));

    [Fact]
    public void Moves_into_a_box_at_the_top() =>
        Assert.Equal(new SKRect(19, 1, 59, 11), LabelTag.Place(new SKRect(20, 2, 90, 70), Tag, Area, 2, []));

    [Fact]
    public void Avoids_a_tag_that_is_there_already()
    {
        var taken = new SKRect(19, 19, 59, 29);
        Assert.False(LabelTag.Place(new SKRect(20, 30, 90, 70), Tag, Area, 2, [taken]).IntersectsWith(taken));
    }

    [Fact]
    public void Stays_in_the_picture_wherever_the_box_is()
    {
        for (int x = -30; x <= 110; x += 7)
            for (int y = -30; y <= 90; y += 7)
            {
                var tag = LabelTag.Place(new SKRect(x, y, x + 15, y + 15), Tag, Area, 3, []);
                Assert.True(Area.Contains(tag), $"box at {x}, {y}: tag {tag}");
            }
    }
}
