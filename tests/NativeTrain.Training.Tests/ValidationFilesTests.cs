using System.Text.Json;
using NativeTrain.Testing;
using NativeTrain.Vision.Images;
using NativeTrain.Vision.Models;
using NativeTrain.Vision.Plots;
using Xunit;

namespace NativeTrain.Training.Tests;

/// <summary>What val writes of pictures whose names are alike. The models are untrained: only files count here.</summary>
public sealed class ValidationFilesTests(TinySet set) : IClassFixture<TinySet>, IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    private void Picture(string name) => PictureFile.Write(folder.File(name), new RgbImage(32, 32));

    /// <summary>Validates a fresh model on a set; the run's label files and the entries of its predictions.json.</summary>
    private (string[] Texts, string[] Entries) Validate(YoloTask task, int classes, string data)
    {
        string model = folder.File("untrained.safetensors"), project = folder.File("runs");
        using (var fresh = YoloModel.Create(set.Backend, YoloSpec.BuiltIn('n', task), classes)) WeightsFile.Save(fresh, model);
        Validator.Run(set.Backend, TrainOptions.Parse(Verb.Val, $"model={model}", $"data={data}", "imgsz=32", "conf=0.9", "plots=false", "workers=0",
            "save_txt=true", "save_json=true", $"project={project}", "name=val"));
        string labels = Path.Combine(project, "val", "labels");
        using var found = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(project, "val", "predictions.json")));
        return ([.. Directory.EnumerateFiles(labels, "*", SearchOption.AllDirectories).Select(f => Path.GetRelativePath(labels, f)).Order(StringComparer.Ordinal)],
            [.. found.RootElement.EnumerateObject().Select(p => p.Name)]);
    }

    [Fact]
    public void DetectionsOfEveryPictureHaveAnEntryAndAFile()
    {
        foreach (string name in new[] { "one/a.png", "two/a.png", "two/b.jpg", "two/b.png" }) Picture(name);
        File.WriteAllText(folder.File("data.yaml"), "train: one\nval: [one, two]\nnames: [thing]\n");
        var (texts, entries) = Validate(YoloTask.Detect, 1, folder.File("data.yaml"));
        Assert.Equal(["a-2.txt", "a.txt", "b.jpg.txt", "b.png.txt"], texts);
        Assert.Equal(["a-2.png", "a.png", "b.jpg", "b.png"], entries);
    }

    [Fact]
    public void SoHaveTheClassesOfEveryPicture()
    {
        foreach (string name in new[] { "train/cat/a.png", "train/dog/a.png", "val/cat/a.png", "val/cat/b.jpg", "val/cat/b.png", "val/dog/a.png", "val/cat/more/a.png", "val/dog/more/a.png" })
            Picture($"set/{name}");
        var (texts, entries) = Validate(YoloTask.Classify, 2, folder.File("set"));
        Assert.Equal(["cat/a.txt", "cat/b.jpg.txt", "cat/b.png.txt", "dog/a.txt", "more/a-2.txt", "more/a.txt"], texts);
        Assert.Equal(["cat/a.png", "cat/b.jpg", "cat/b.png", "more/a.png", "dog/a.png", "more/a-2.png"], entries);
    }
}
