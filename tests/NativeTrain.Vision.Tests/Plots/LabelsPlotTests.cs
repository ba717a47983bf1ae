using NativeTrain.Testing;
using NativeTrain.Vision.Plots;
using Xunit;

namespace NativeTrain.Vision.Tests.Plots;

public class LabelsPlotTests
{
    [Fact]
    public void Bars_are_as_high_as_their_counts_and_boxes_stand_about_the_centre()
    {
        using var folder = new TemporaryFolder();
        string path = folder.File("labels.png");
        var rows = Enumerable.Range(0, 300).Select(i => (i % 3 == 0 ? 1 : 0, 0.25f, 0.75f, 0.5f, 0.3f));
        LabelsPlot.Write(path, rows, ["many", "few"]);

        var picture = Picture.Decode(path);
        Assert.Equal((944, 1440), (picture.Height, picture.Width));
        int many = picture.Count(Palette.Rgb(0), 0, 0, 0, 1440, 460), few = picture.Count(Palette.Rgb(1), 0, 0, 0, 1440, 460);
        Assert.InRange((double)many / few, 1.95, 2.05); // 200 to 100

        // All centres fall into one cell, left and low in the picture: the only dark blue of the middle panel.
        Assert.True(picture.Count((8, 48, 107), 4, 480, 472, 950, 932) > 20);
        Assert.True(picture.Count((8, 48, 107), 4, 600, 700, 700, 880) > 20);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(80)]
    [InlineData(300)]
    public void Any_number_of_classes_has_bars(int classes)
    {
        using var folder = new TemporaryFolder();
        string path = folder.File("labels.png");
        string[] names = [.. Enumerable.Range(0, classes).Select(cls => Picture.ManyNames[cls % 80])];
        LabelsPlot.Write(path, Enumerable.Range(0, classes).Select(cls => (cls, 0.5f, 0.5f, 0.1f, 0.1f)), names);

        var picture = Picture.Decode(path);
        Assert.Equal((944, 1440), (picture.Height, picture.Width));
        Assert.True(picture.Count(Palette.Rgb(classes - 1), 2, 0, 0, 1440, 460) > 100, "no bar for the last class");
    }

    [Fact]
    public void No_labels_and_labels_that_are_not_finite_are_no_fault()
    {
        using var folder = new TemporaryFolder();
        LabelsPlot.Write(folder.File("none.png"), [], ["a"]);
        LabelsPlot.Write(folder.File("nan.png"), [(0, float.NaN, 0.5f, 0.1f, 0.1f), (9, 0.5f, 0.5f, float.PositiveInfinity, 0.1f)], ["a"]);
        Assert.Equal(File.ReadAllBytes(folder.File("none.png")), File.ReadAllBytes(folder.File("nan.png")));
    }
}
