using NativeTrain.Core;
using NativeTrain.Testing;
using NativeTrain.Vision.Data;
using NativeTrain.Vision.Data.Converting;
using Xunit;

namespace NativeTrain.Vision.Tests.Data.Converting;

public sealed class YoloLayoutTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void ASecondSplitTakesTheFirstsClasses()
    {
        YoloLayout.Write(folder.File("set"), "train", Set(["cat", "dog"], "1", 0, 1));
        YoloLayout.Write(folder.File("set"), "val", Set(["dog"], "2", 0));
        Assert.StartsWith("1 ", File.ReadAllText(folder.File("set/labels/val/2.txt")));
        var yaml = DataYaml.Load(folder.File("set/data.yaml"));
        Assert.Single(yaml.Images("train"));
        Assert.Single(yaml.Images("val"));
        Assert.Contains("'cow'", Assert.Throws<InputException>(() => YoloLayout.Write(folder.File("set"), "test", Set(["cow"], "3", 0))).Message);
    }

    [Fact]
    public void NothingIsOverwritten()
    {
        YoloLayout.Write(folder.File("set"), "train", Set(["cat"], "1", 0));
        Assert.Contains("'train' split already", Assert.Throws<InputException>(() => YoloLayout.Write(folder.File("set"), "train", Set(["cat"], "1", 0))).Message);
        folder.Write("other/data.yaml", "names: [cat]\n");
        Assert.Contains("other", Assert.Throws<InputException>(() => YoloLayout.Write(folder.File("other"), "train", Set(["cat"], "1", 0))).Message);
        Assert.Equal(["data.yaml"], Directory.GetFileSystemEntries(folder.File("other")).Select(Path.GetFileName));
    }

    /// <summary>Of two images that differ in the ending only, labels could not be told apart; nothing half made is left.</summary>
    [Fact]
    public void NamesThatDifferInTheEndingAreRefused()
    {
        var one = Set(["cat"], "1", 0);
        var two = one with { Images = [.. one.Images, one.Images[0] with { Name = "1.jpg" }] };
        Assert.Contains("ending", Assert.Throws<InputException>(() => YoloLayout.Write(folder.File("set"), "train", two)).Message);
        Assert.Empty(Directory.GetFileSystemEntries(folder.File("set")));
    }

    [Fact]
    public void ALinkedImageIsTheSameFile()
    {
        var set = Set(["cat"], "1", 0);
        YoloLayout.Write(folder.File("linked"), "train", set, link: true);
        YoloLayout.Write(folder.File("copied"), "train", set);
        File.AppendAllText(set.Images[0].Path, "more");
        Assert.EndsWith("more", File.ReadAllText(folder.File("linked/images/train/1.png")));
        Assert.False(File.ReadAllText(folder.File("copied/images/train/1.png")).EndsWith("more", StringComparison.Ordinal));
    }

    private ForeignSet Set(string[] names, string image, params int[] classes)
    {
        string path = folder.Nested($"pictures/{image}.png");
        File.WriteAllBytes(path, TestPictures.Png(TestPictures.Noise(10, 10)));
        return new ForeignSet(names, [new ForeignImage(path, $"{image}.png", 10, 10, [.. classes.Select(c => new ForeignObject(c, (1, 1, 5, 5)))])], new Dictionary<string, int>());
    }
}
