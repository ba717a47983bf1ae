using NativeTrain.Core;
using NativeTrain.Testing;
using NativeTrain.Vision.Data;
using NativeTrain.Vision.Images;
using Xunit;

namespace NativeTrain.Vision.Tests;

public sealed class ClassifyDatasetTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void PicturesComeInTheirOwnSizeWithTheirClass()
    {
        using var set = ClassifyDataset.Open(ClassifySet.Write(folder), "train");
        Assert.Equal((12, 12, 0), (set.Count, set.Instances, set.SkippedImages));
        Assert.Equal([4, 4, 4], set.ImagesByClass);
        for (int i = 0; i < set.Count; i++)
        {
            var image = set.Images[i];
            Assert.Equal(set.Names[image.Class], Path.GetFileName(Path.GetDirectoryName(image.Path)));
            var pixels = set.Load(i);
            Assert.Equal((image.Height, image.Width), (pixels.Height, pixels.Width));
            Assert.Equal(ImageFile.Load(image.Path).Pixels, pixels.Pixels);
        }
    }

    [Fact]
    public void UnreadablePicturesAreListedAndSkipped()
    {
        var folders = ClassifySet.Write(folder);
        folder.Write("train/cat/01.png", "no picture");
        string damaged = folder.File("train/owl/02.png");
        byte[] file = File.ReadAllBytes(damaged);
        file.AsSpan(file.AsSpan().IndexOf("IDAT"u8) + 4, 24).Fill(0x77);
        File.WriteAllBytes(damaged, file);

        using var set = ClassifyDataset.Open(folders, "train");
        Assert.Equal((10, 2), (set.Count, set.SkippedImages));
        Assert.Equal([3, 4, 3], set.ImagesByClass);
        Assert.Contains("cat/01.png: unreadable image", set.Problems[0]);
        Assert.Contains("owl/02.png: cannot decode", set.Problems[1]);
        for (int i = 0; i < set.Count; i++) Assert.Equal(ImageFile.Load(set.Images[i].Path).Pixels, set.Load(i).Pixels);
    }

    [Fact]
    public void AFractionIsASeededPart()
    {
        var folders = ClassifySet.Write(folder, each: 10);
        using var all = ClassifyDataset.Open(folders, "train");
        var one = Paths(0.5, 1);
        Assert.Equal(15, one.Count);
        Assert.Equal(all.Images.Select(i => i.Path).Where(one.Contains), one);
        Assert.Equal(one, Paths(0.5, 1));
        Assert.NotEqual(one, Paths(0.5, 2));
        Assert.Single(Paths(0.001, 1));

        List<string> Paths(double fraction, int seed)
        {
            using var set = ClassifyDataset.Open(folders, "train", fraction: fraction, seed: seed);
            return [.. set.Images.Select(i => i.Path)];
        }
    }

    [Fact]
    public void ASetWithNothingLeftIsAnError()
    {
        folder.Write("train/a/1.png", "no picture");
        var e = Assert.Throws<InputException>(() => ClassifyDataset.Open(ClassifyFolders.Load(folder.Path), "train"));
        Assert.Contains("none of the 1 pictures of the 'train' split can be used; the first:", e.Message);
    }

    [SharedFact]
    public void TheSharedSetHasItsPictures()
    {
        var folders = ClassifyFolders.Load(Shared.File("data/cifar10"));
        Assert.Equal(["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"], folders.Names);
        using var train = ClassifyDataset.Open(folders, "train");
        using var val = ClassifyDataset.Open(folders, "val");
        Assert.Equal((3000, 1000), (train.Count, val.Count));
        Assert.Empty(train.Problems.Concat(train.Notes).Concat(val.Problems).Concat(val.Notes));
        Assert.All(train.ImagesByClass, n => Assert.Equal(300, n));
    }
}
