using NativeTrain.Core;
using NativeTrain.Testing;
using NativeTrain.Vision.Data;
using NativeTrain.Vision.Detect;
using NativeTrain.Vision.Models;
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
    public void OutlinesAreThoseOfWhatIsSeen()
    {
        for (int i = 0; i < 12; i++)
        {
            var boxes = ShapesPicture.Draw(128, new SampleRandom(3, 0, i)).Boxes;
            var outlined = ShapesPicture.Draw(128, new SampleRandom(3, 0, i), outlines: true).Boxes;
            Assert.Equal(boxes, outlined.Select(b => b with { Polygon = null }));
            var masks = outlined.ConvertAll(b => BitMask.FromPolygon(b.Polygon, 128, 128));
            for (int k = 0; k < masks.Count; k++)
            {
                var (x1, y1, x2, y2) = Outline.Bounds(outlined[k].Polygon);
                var box = outlined[k];
                foreach (var (a, b) in new[] { (x1, box.X1), (y1, box.Y1), (x2, box.X2), (y2, box.Y2) }) Assert.InRange(a - b, -1, 1);
                Assert.InRange(masks[k].Area / (box.Width * box.Height), 0.15, 1);
                // Shapes over one another: what is seen of one is not seen of the other, but for simplified borders.
                for (int j = 0; j < k; j++) Assert.True(masks[k].Intersection(masks[j]) < 0.2 * Math.Min(masks[k].Area, masks[j].Area));
            }
        }
    }

    [Fact]
    public void ASegmentationSetHasTheSamePicturesWithOutlines()
    {
        string detect = folder.File("detect"), segment = folder.File("segment");
        ShapesGenerator.Write(detect, 4, 2, 96, seed: 1, test: 2);
        ShapesGenerator.Write(segment, 4, 2, 96, seed: 1, YoloTask.Segment, test: 2);
        var a = Files(detect).Where(f => f.Key.EndsWith(".jpg", StringComparison.Ordinal));
        Assert.Equal(a, Files(segment).Where(f => f.Key.EndsWith(".jpg", StringComparison.Ordinal)));
        foreach (var (split, count) in new[] { ("train", 4), ("val", 2), ("test", 2) })
        {
            var set = DetectionDataset.Open(DataYaml.Load(Path.Combine(segment, "data.yaml")), split, 96, options: new DetectionSetOptions { Masks = true });
            Assert.Equal((count, 0), (set.Count, set.BoxesAsMasks));
            Assert.Empty(set.Problems);
            Assert.True(set.Instances >= count);
        }
    }

    [Fact]
    public void AClassificationSetHasAFolderAClassAndOneShapeAPicture()
    {
        string set = folder.File("set");
        ShapesGenerator.Write(set, 8, 4, 64, seed: 1, YoloTask.Classify, test: 5);
        Assert.Equal(17 + 1, Files(set).Count);
        foreach (var (split, count) in new[] { ("train", 8), ("val", 4), ("test", 5) })
        {
            var data = ClassifyDataset.Open(ClassifyFolders.Load(set), split);
            Assert.Equal(count, data.Count);
            Assert.Equal(["circle", "square", "star", "triangle"], data.Names);
            Assert.Empty(data.Problems);
            Assert.Equal(data.Names, ClassifyDataset.Open(ClassifyFolders.Load(Path.Combine(set, "data.yaml")), split).Names);
        }
        Assert.Equal(2, Directory.GetFiles(Path.Combine(set, "train", "star")).Length);
        Assert.Contains("at least one image of each of the 4 classes", Assert.Throws<InputException>(() => ShapesGenerator.Write(folder.File("new"), 3, 1, 64, 1, YoloTask.Classify)).Message);
    }

    [Fact]
    public void CancellingLeavesNothing()
    {
        using var cancel = new CancellationTokenSource();
        cancel.CancelAfter(50);
        Assert.ThrowsAny<OperationCanceledException>(() => ShapesGenerator.Write(folder.File("set"), 5000, 1, 320, 0, cancellation: cancel.Token));
        Assert.Empty(Directory.GetFileSystemEntries(folder.Path));
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
