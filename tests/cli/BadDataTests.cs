using NativeTrain.Testing;
using Xunit;

namespace NativeTrain.Cli.Tests;

/// <summary>What a user's data can have wrong: one clear line, exit code 2, nothing half written.</summary>
public class BadDataTests
{
    [Fact]
    public void MissingDataYaml()
    {
        using var folder = new TemporaryFolder();
        Expect.InputError(Tool.Run(folder.Path, "train", "model=yolo11n.yaml", "data=nowhere/data.yaml"), "nowhere/data.yaml");
        Assert.Empty(Directory.GetFileSystemEntries(folder.Path));
    }

    [Fact]
    public void MalformedDataYaml()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("data.yaml"), "train: images\nnames: [a, b\n");
        Expect.InputError(Tool.Run(folder.Path, "train", "model=yolo11n.yaml", "data=data.yaml"), "data.yaml");
    }

    [Fact]
    public void EmptySplit()
    {
        using var set = new TinySet(train: 1, val: 1);
        foreach (string image in set.Images("train")) File.Delete(image);
        Expect.InputError(set.Train(), "data.yaml", "'train'", "empty");
    }

    [Fact]
    public void BadLabelsAreListedAndSkipped()
    {
        using var set = new TinySet();
        var labels = set.Labels("train");
        File.AppendAllText(labels[0], "99 0.5 0.5 0.1 0.1\n");
        File.AppendAllText(labels[1], "0 nan 0.5 0.1 0.1\n");
        File.AppendAllText(labels[2], "0 0.5 0.5 -0.1 0.1\n");
        File.AppendAllText(labels[3], "0 0.5\n");
        var r = set.Train("epochs=1", "plots=false");
        Assert.True(r.ExitCode == 0, r.Out + r.Error);
        string[] lines = r.Out.Split('\n');
        for (int i = 0; i < 4; i++)
            Assert.Contains(lines, l => l.Contains(Path.GetFileName(labels[i]) + ":"));
        Assert.Contains("class 99", r.Out);
    }

    [Fact]
    public void ATruncatedImageIsListedAndSkipped()
    {
        using var set = new TinySet();
        string image = set.Images("train")[0];
        File.WriteAllBytes(image, File.ReadAllBytes(image)[..20]);
        var r = set.Train("epochs=1", "plots=false");
        Assert.True(r.ExitCode == 0, r.Out + r.Error);
        Assert.Contains(Path.GetFileName(image), r.Out);
    }

    [Fact]
    public void NothingLeftIsAnError()
    {
        using var set = new TinySet(train: 2, val: 1);
        foreach (string image in set.Images("train")) File.WriteAllText(image, "no picture");
        Expect.InputError(set.Train(), "data.yaml", "'train'");
        Assert.False(Directory.Exists(set.File("runs")), "a failed start leaves no run folder");
    }

    [Fact]
    public void AFileThatIsNoWeights()
    {
        using var set = new TinySet(train: 1, val: 1);
        File.WriteAllText(set.File("w.safetensors"), "hello");
        Expect.InputError(set.Run("val", "model=w.safetensors", "data=set/data.yaml", "imgsz=64"), "w.safetensors");
    }

    [Fact]
    public void NoPictureToPredict()
    {
        using var set = new TinySet(train: 1, val: 1);
        Expect.InputError(set.Run("predict", "model=yolo11n.yaml", "source=nowhere"), "nowhere");
    }

    [SharedFact]
    public void PicturesThatPredictDoesNotReadAreCounted()
    {
        using var set = new TinySet(train: 1, val: 1);
        string[] predict = ["predict", $"model={Shared.File("golden/yolo11n-bccd.weights.safetensors")}", "imgsz=64", "save=false"];
        foreach (string name in new[] { "a.webp", "b.TIF", "notes.md" }) File.WriteAllText(set.File($"set/images/val/{name}"), "");
        var r = set.Run([.. predict, "source=set/images/val"]);
        Expect.Success(r);
        Assert.Contains("set/images/val: 2 files ignored: not .jpg, .jpeg, .png or .bmp", r.Out);
        r = set.Run([.. predict, "source=set/images/val/*.jpg"]);
        Expect.Success(r);
        Assert.DoesNotContain("ignored", r.Out);
        Expect.InputError(set.Run([.. predict, "source=set/images/val/*.webp"]), "no picture", "1 file ignored: not .jpg, .jpeg, .png or .bmp");
    }

    [SharedFact]
    public void ASingleClassOfAModelForSeveral()
    {
        using var set = new TinySet(train: 1, val: 1);
        Expect.InputError(set.Run("val", $"model={Shared.File("golden/yolo11n-bccd.weights.safetensors")}", "data=set/data.yaml", "imgsz=64", "single_cls=true"), "single_cls=true", "3 classes");
    }

    [SharedFact]
    public void WeightsOfAnotherClassCount()
    {
        using var set = new TinySet(train: 1, val: 1);
        string yaml = File.ReadAllText(set.Yaml);
        File.WriteAllText(set.File("set/two.yaml"), yaml[..yaml.IndexOf("names:", StringComparison.Ordinal)] + "names: [a, b]\n");
        Expect.InputError(set.Run("val", $"model={Shared.File("golden/yolo11n-bccd.weights.safetensors")}", "data=set/two.yaml", "imgsz=64"), "classes");
    }
}
