using NativeTrain.Testing;
using NativeTrain.Vision.Plots;
using Xunit;

namespace NativeTrain.Vision.Tests.Plots;

public class ScorePlateTests
{
    private static readonly string[] Names = ["cat", "dog", "a name that is far longer than any picture is wide, on and on and on and on"];

    [Fact]
    public void ThePlateHasABarAsLongAsTheProbability()
    {
        var sure = ScorePlate.Draw(Picture.Filled(400, 400, 0, 0, 255), [0.9f, 0.1f], Names);
        var unsure = ScorePlate.Draw(Picture.Filled(400, 400, 0, 0, 255), [0.5f, 0.1f], Names);
        Assert.Equal((0, 0, 255), sure.At(390, 390)); // the picture
        Assert.True(Bar(sure) > Bar(unsure) + 10, $"{Bar(sure)} {Bar(unsure)}");
        Assert.True(sure.Count((255, 255, 255), 60, bottom: 80) > 40, "no letters");

        // Along the first line, the pixels that are neither plate nor picture nor letters.
        static int Bar(Images.RgbImage image) => Enumerable.Range(0, 200).Count(x => Picture.IsNear(image.At(x, 11), image.At(10, 11), 3));
    }

    [Fact]
    public void OnlyTheMostProbableAreNamed()
    {
        float[] probabilities = [.. Enumerable.Range(0, 50).Select(i => i / 100f)];
        int two = Lowest(ScorePlate.Draw(Picture.Filled(400, 400, 0, 0, 255), probabilities, Names, top: 2));
        int five = Lowest(ScorePlate.Draw(Picture.Filled(400, 400, 0, 0, 255), probabilities, Names));
        Assert.InRange(five, 2 * two, 3 * two);

        static int Lowest(Images.RgbImage image) => Enumerable.Range(0, 400).Last(y => image.At(12, y) != (0, 0, 255));
    }

    [Fact]
    public void AThumbnailIsEnlarged()
    {
        var drawn = ScorePlate.Draw(Picture.Filled(32, 48, 5, 6, 7), [1, 0, 0], Names);
        Assert.Equal((7 * 32, 7 * 48), (drawn.Height, drawn.Width));
        Assert.Equal((5, 6, 7), drawn.At(330, 220));
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(3, 200)]
    [InlineData(700, 3)]
    public void AnySizeAndAnyNumberIsDrawn(int height, int width)
    {
        var image = Picture.Filled(height, width, 0, 0, 0);
        Assert.NotNull(ScorePlate.Draw(image, [0.1f, 0.2f, 0.7f], Names));
        Assert.NotNull(ScorePlate.Draw(image, [float.NaN, float.PositiveInfinity], Names));
        Assert.NotNull(ScorePlate.Draw(image, [], Names));
    }
}
