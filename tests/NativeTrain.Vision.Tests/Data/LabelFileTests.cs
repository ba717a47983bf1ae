using NativeTrain.Testing;
using NativeTrain.Vision.Data;
using Xunit;

namespace NativeTrain.Vision.Tests;

public sealed class LabelFileTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("0 0.5 0.5 0.2", "4 columns")]
    [InlineData("0", "1 column,")]
    [InlineData("0 0.5 0.5 0.2 0.2 0.9", "6 columns")]
    [InlineData("0 0.1 0.1 0.5 0.5 0.9 0.1 0.4", "8 columns")]
    [InlineData("2 0.5 0.5 0.2 0.2", "class 2 is out of range")]
    [InlineData("-1 0.5 0.5 0.2 0.2", "class -1 is out of range")]
    [InlineData("0.5 0.5 0.5 0.2 0.2", "not a whole number")]
    [InlineData("0 x 0.5 0.2 0.2", "'x' is not a number")]
    [InlineData("0 nan 0.5 0.2 0.2", "'nan' is not a number")]
    [InlineData("0 NaN 0.5 0.2 0.2", "'NaN' is not a number")]
    [InlineData("0 0.5 Infinity 0.2 0.2", "'Infinity' is not a number")]
    [InlineData("0 -0.5 0.5 0.2 0.2", "-0.5 is negative")]
    [InlineData("0 0.5 1.5 0.2 0.2", "1.5 is above 1")]
    [InlineData("0 320 240 50 50", "320 is above 1")]
    [InlineData("0 0.5 0.5 0 0.2", "width 0 is not positive")]
    [InlineData("0 0.5 0.5 0.2 -0.1", "height -0.1 is not positive")]
    [InlineData("0 0.1 0.1 0.1 0.5 0.1 0.9", "no area")]
    public void ABadRowIsReportedWithItsLineAndLeftOut(string row, string fault)
    {
        string path = folder.Write("a.txt", $"1 0.5 0.5 0.25 0.5\n\n{row}\n0 0.1 0.1 0.2 0.2\n");
        var problems = new List<string>();
        var rows = LabelFile.Read(path, 2, problems);
        Assert.Equal([new LabelRow(1, 0.5f, 0.5f, 0.25f, 0.5f), new LabelRow(0, 0.1f, 0.1f, 0.2f, 0.2f)], rows);
        Assert.StartsWith($"{path}:3: ", Assert.Single(problems), StringComparison.Ordinal);
        Assert.Contains(fault, problems[0]);
    }

    [Fact]
    public void RoundingErrorsAreClipped()
    {
        var problems = new List<string>();
        var row = Assert.Single(LabelFile.Read(folder.Write("a.txt", "0 1.0005 -0.0005 1.0001 0.5"), 1, problems));
        Assert.Equal(new LabelRow(0, 1, 0, 1, 0.5f), row);
        Assert.Empty(problems);
    }

    [Fact]
    public void DuplicatesAreRemovedAndCounted()
    {
        string path = folder.Write("a.txt", "0 0.5 0.5 0.2 0.2\n0 0.5 0.5 0.2  0.2\n0 0.5 0.5 0.2 0.3\n0 0.5 0.5 0.2 0.2\n");
        var problems = new List<string>();
        Assert.Equal(2, LabelFile.Read(path, 1, problems).Count);
        Assert.Equal($"{path}: 2 duplicate rows removed", Assert.Single(problems));
    }

    [Fact]
    public void APolygonBecomesItsBoundingBox()
    {
        var row = Assert.Single(LabelFile.Read(folder.Write("a.txt", "1 0.1 0.2 0.5 0.3 0.3 0.8"), 2, new List<string>()));
        Assert.Equal(1, row.Class);
        Assert.Equal([0.3f, 0.5f, 0.4f, 0.6f], new[] { row.X, row.Y, row.W, row.H }.Select(v => MathF.Round(v, 5)));
        Assert.Equal(6, row.Polygon!.Length);
    }

    [Fact]
    public void NoFileOrAnEmptyOneIsABackground()
    {
        var problems = new List<string>();
        Assert.Empty(LabelFile.Read(folder.File("none.txt"), 1, problems));
        Assert.Empty(LabelFile.Read(folder.Write("empty.txt", "\n"), 1, problems));
        Assert.Empty(problems);
    }

    [Theory]
    [InlineData("/d/images/train/a.jpg", "/d/labels/train/a.txt")]
    [InlineData("/images/x/images/train/a.b.png", "/images/x/labels/train/a.b.txt")]
    [InlineData("/d/pictures/a.jpg", "/d/pictures/a.txt")]
    public void TheLabelFileStandsBesideTheImagesFolder(string image, string labels) => Assert.Equal(labels, LabelFile.PathFor(image));
}
