using NativeTrain.Core;
using NativeTrain.Testing;
using NativeTrain.Vision.Data;
using Xunit;

namespace NativeTrain.Vision.Tests;

public sealed class ShapesGeneratorTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    private static Dictionary<string, byte[]> Files(string root) =>
        Directory.EnumerateFiles(root, "*", SearchOption.AllDirectories).ToDictionary(f => Path.GetRelativePath(root, f), File.ReadAllBytes);

    [Fact]
    public void TheSameNumbersGiveTheSameBytes()
    {
        string a = folder.File("a"), b = folder.File("b"), c = folder.File("c");
        ShapesGenerator.Write(a, 5, 3, 96, seed: 4);
        ShapesGenerator.Write(b, 5, 3, 96, seed: 4);
        ShapesGenerator.Write(c, 5, 3, 96, seed: 5);
        var files = Files(a);
        Assert.Equal(17, files.Count);
        Assert.Equal(files, Files(b));
        Assert.NotEqual(files["images/train/00000.jpg"], Files(c)["images/train/00000.jpg"]);
    }

    [Fact]
    public void TheSetIsReadWithoutAProblem()
    {
        string set = folder.File("set");
        ShapesGenerator.Write(set, 40, 10, 128, seed: 0);
        var yaml = DataYaml.Load(Path.Combine(set, "data.yaml"));
        Assert.Equal(["circle", "square", "triangle", "star"], yaml.Names);
        foreach (var (split, count) in new[] { ("train", 40), ("val", 10) })
        {
            var data = DetectionDataset.Open(yaml, split, 128);
            Assert.Equal(count, data.Count);
            Assert.Empty(data.Problems);
            Assert.All(data.Labels, l => Assert.Equal((128, 128), (l.Height, l.Width)));
            Assert.InRange((double)data.Instances / count, 2, 8);
        }
        Assert.Equal(4, DetectionDataset.Open(yaml, "train", 128).Labels.SelectMany(l => l.Rows).Select(r => r.Class).Distinct().Count());
    }

    [Fact]
    public void BoxesAreTightAroundWhatIsSeen()
    {
        foreach (int kind in new[] { 0, 1, 2, 3 })
        {
            var shape = ShapeOutline.Create(kind, 50, 40, 20, 0.3f);
            Assert.True(shape.Distance(50, 40) < -5);
            Assert.True(shape.Distance(50, 61) > 0 && shape.Distance(71, 40) > 0);
            // Moving by one pixel changes the distance by at most one pixel.
            Assert.InRange(shape.Distance(80, 40) - shape.Distance(79, 40), -1.001, 1.001);
        }
        var circle = ShapeOutline.Create(0, 50, 40, 20, 0);
        Assert.Equal(-20, circle.Distance(50, 40), 4);
        var square = ShapeOutline.Create(1, 50, 40, 20, 0);         // corners on the axes, sides 20/√2 away
        Assert.Equal(-20 / MathF.Sqrt(2), square.Distance(50, 40), 4);
        Assert.Equal(5, square.Distance(75, 40), 4);
    }

    [Fact]
    public void AnEmptyFolderIsFilled()
    {
        string set = Directory.CreateDirectory(folder.File("set")).FullName;
        ShapesGenerator.Write(set + Path.DirectorySeparatorChar, 2, 1, 64, seed: 0);
        ShapesGenerator.Write(folder.File("other"), 2, 1, 64, seed: 0);
        Assert.Equal(Files(folder.File("other")), Files(set));
        Assert.Equal(["other", "set"], Directory.GetFileSystemEntries(folder.Path).Select(Path.GetFileName).Order());
    }

    [Fact]
    public void AFolderInUseIsAnErrorUnlessItHoldsTheSameSet()
    {
        string set = folder.File("set");
        ShapesGenerator.Write(set, 2, 1, 64, seed: 0);
        var before = File.GetLastWriteTimeUtc(Path.Combine(set, "data.yaml"));
        ShapesGenerator.Write(set, 2, 1, 64, seed: 0);
        Assert.Equal(before, File.GetLastWriteTimeUtc(Path.Combine(set, "data.yaml")));
        Assert.Contains("not empty", Assert.Throws<InputException>(() => ShapesGenerator.Write(set, 2, 1, 64, seed: 1)).Message);
        Assert.Throws<InputException>(() => ShapesGenerator.Write(folder.File("new"), 0, 1, 64, seed: 1));
        Assert.Throws<InputException>(() => ShapesGenerator.Write(folder.File("new"), 1, 1, 8, seed: 1));
    }
}
