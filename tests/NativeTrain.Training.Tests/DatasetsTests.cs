using NativeTrain.Core;
using NativeTrain.Testing;
using NativeTrain.Vision.Data;
using Xunit;

namespace NativeTrain.Training.Tests;

/// <summary>What is said of a data set when it is opened.</summary>
public sealed class DatasetsTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly DataYaml data;

    public DatasetsTests()
    {
        ShapesGenerator.Write(folder.File("set"), 3, 2, 64, seed: 0);
        data = DataYaml.Load(folder.File("set/data.yaml"));
    }

    public void Dispose() => folder.Dispose();

    [Fact]
    public void ObjectsAndBackgroundsAreCounted()
    {
        File.WriteAllText(folder.File("set/labels/train/00000.txt"), "0 0.5 0.5 0.2 0.2\n");
        File.WriteAllText(folder.File("set/labels/train/00001.txt"), "1 0.5 0.5 0.2 0.2\n0 0.5 0.5 0.2 0.2\n");
        File.Delete(folder.File("set/labels/train/00002.txt"));
        var told = new Recorder();
        Assert.Equal(3, Datasets.Open(data, "train", 64, told).Count);
        Assert.Equal(["train: 3 objects, 1 images without"], told.Messages);
    }

    [Fact]
    public void ATrainingSetWithoutLabelsIsAnErrorThatSaysWhereTheyWereLookedFor()
    {
        Directory.Move(folder.File("set/labels"), folder.File("set/elsewhere"));
        var e = Assert.Throws<InputException>(() => Datasets.Open(data, "train", 64, new Recorder()));
        Assert.Equal($"{data.Path}: no usable label in the 3 images of 'train'; the first was looked for in {folder.File("set/labels/train/00000.txt")}", e.Message);
    }

    [Fact]
    public void AValidationSetWithoutLabelsIsTold()
    {
        Directory.Move(folder.File("set/labels"), folder.File("set/elsewhere"));
        var told = new Recorder();
        Assert.Equal(2, Datasets.Open(data, "val", 64, told).Count);
        Assert.Equal([$"{data.Path}: no usable label in the 2 images of 'val'; the first was looked for in {folder.File("set/labels/val/00000.txt")}"], told.Messages);
    }
}
