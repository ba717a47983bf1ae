using NativeTrain.Testing;
using NativeTrain.Vision.Plots;
using Xunit;

namespace NativeTrain.Vision.Tests.Plots;

public class CurvePlotTests
{
    private const int PlotRight = 990; // the legend lies beyond
    private static readonly (byte, byte, byte) Mean = (31, 99, 181);
    private static readonly double[] X = [.. Enumerable.Range(0, 1000).Select(i => i / 999.0)];

    private static double[] Level(double y) => [.. X.Select(_ => y)];

    [Fact]
    public void Each_class_has_its_colour_in_the_plot_and_in_the_legend()
    {
        using var folder = new TemporaryFolder();
        string path = folder.File("curve.png");
        CurvePlot.Write(path, "title", "x", "y", X, [Level(0.2), Level(0.8)], ["low", "high"], Level(0.5), "mean", [0.2, 0.8], [4, 7]);

        var picture = Picture.Decode(path);
        Assert.Equal((900, 1350), (picture.Height, picture.Width));
        foreach (var colour in new[] { Palette.Rgb(4), Palette.Rgb(7), Mean })
        {
            Assert.True(picture.Count(colour, 20, right: PlotRight) > 800, $"no line of {colour}");
            Assert.True(picture.Count(colour, 20, left: PlotRight) > 25, $"no legend of {colour}");
        }

        // Higher values stand higher: rows of the three lines in the middle of the plot.
        int Row((byte, byte, byte) colour) => Enumerable.Range(0, 900).First(y => Picture.IsNear(picture.At(500, y), colour, 20));
        Assert.True(Row(Palette.Rgb(7)) < Row(Mean) && Row(Mean) < Row(Palette.Rgb(4)));
    }

    [Fact]
    public void Many_classes_are_grey_and_only_the_mean_is_coloured()
    {
        using var folder = new TemporaryFolder();
        string path = folder.File("curve.png");
        CurvePlot.Write(path, "title", "x", "y", X, [.. Enumerable.Range(0, 80).Select(i => Level(i / 80.0))], Picture.ManyNames, Level(0.503), "mean");

        var picture = Picture.Decode(path);
        Assert.Equal(0, picture.Count(Palette.Rgb(0), 2));
        Assert.True(picture.Count(Mean, 20, right: PlotRight) > 800);
    }

    [Fact]
    public void Twenty_long_names_stay_in_the_picture()
    {
        using var folder = new TemporaryFolder();
        string path = folder.File("curve.png");
        CurvePlot.Write(
            path, "title", "x", "y", X, [.. Enumerable.Range(0, 20).Select(i => Level(i / 20.0))], [.. Enumerable.Repeat(new string('W', 500), 20)],
            Level(0.5), new string('W', 500), Level(0.123));

        var picture = Picture.Decode(path);
        Assert.Equal(16 * 900, picture.Count((255, 255, 255), 0, left: 1350 - 16)); // the right margin is empty
    }

    [Fact]
    public void Values_that_are_not_finite_and_no_classes_are_no_fault()
    {
        using var folder = new TemporaryFolder();
        string path = folder.File("curve.png");
        double[] holes = [.. X.Select((x, i) => i % 2 == 0 ? double.NaN : double.PositiveInfinity)];
        CurvePlot.Write(path, "title", "x", "y", X, [holes], ["a"], holes, "mean", [double.NaN]);
        Assert.Equal(0, Picture.Decode(path).Count(Mean, 2, right: PlotRight));
        CurvePlot.Write(path, "title", "x", "y", X, [], [], Level(0), "mean");
        Assert.True(Picture.Decode(path).Count(Mean, 20, right: PlotRight) > 800);
    }
}
