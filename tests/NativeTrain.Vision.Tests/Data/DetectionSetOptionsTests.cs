using NativeTrain.Testing;
using NativeTrain.Vision.Data;
using NativeTrain.Vision.Images;
using Xunit;

namespace NativeTrain.Vision.Tests;

public sealed class DetectionSetOptionsTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    private DataYaml Yaml(int images = 20)
    {
        var items = Enumerable.Range(0, images).Select(i => (RgbImage.Filled(32, 32, (byte)i), $"{i % 3} 0.5 0.5 0.2 0.2\n2 0.3 0.3 0.1 0.1\n"));
        return TestPictures.WriteSet(folder, items, "[a, b, c]");
    }

    private static List<int> Classes(DetectionDataset set) => [.. set.Labels.SelectMany(l => l.Rows).Select(r => r.Class)];

    [Fact]
    public void OnlyChosenClassesAreKeptAndTheirImagesTheOthersStayAsBackgrounds()
    {
        var set = DetectionDataset.Open(Yaml(), "train", 32, options: new DetectionSetOptions { Classes = [0, 1] });
        Assert.Equal((20, 14, 6), (set.Count, set.Instances, set.Backgrounds));
        Assert.Equal([0, 1], Classes(set).Distinct().Order());
        Assert.Equal(3, set.Names.Count);
    }

    [Fact]
    public void ASingleClassTakesAllAndStillKnowsBadLabels()
    {
        string path = Yaml(3).Path;
        folder.Write("labels/train/000.txt", "0 0.5 0.5 0.2 0.2\n2 0.3 0.3 0.1 0.1\n3 0.3 0.3 0.1 0.1\n");
        var set = DetectionDataset.Open(DataYaml.Load(path, singleClass: true), "train", 32);
        Assert.Equal(["item"], set.Names);
        Assert.Equal([0], Classes(set).Distinct());
        Assert.Equal(6, set.Instances);
        Assert.Contains("class 3 is out of range: the set has classes 0 to 2", Assert.Single(set.Problems));

        var chosen = DetectionDataset.Open(DataYaml.Load(path, singleClass: true), "train", 32, options: new DetectionSetOptions { Classes = [2] });
        Assert.Equal([0, 0, 0, 0], Classes(chosen));
    }

    [Theory]
    [InlineData(0.25, 5)]
    [InlineData(0.001, 1)]
    [InlineData(1, 20)]
    public void AFractionIsChosenByTheSeedAlone(double fraction, int count)
    {
        var yaml = Yaml();
        var sets = new[] { 0, 0, 1 }.Select(seed => DetectionDataset.Open(yaml, "train", 32, options: new DetectionSetOptions { Fraction = fraction, Seed = seed }).Labels.Select(l => l.Path).ToList()).ToList();
        Assert.Equal(count, sets[0].Count);
        Assert.Equal(sets[0], sets[1]);
        Assert.Equal(sets[0].Order(StringComparer.Ordinal), sets[0]);
        if (count is > 1 and < 20) Assert.NotEqual(sets[0], sets[2]);
    }
}
