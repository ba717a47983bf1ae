using NativeTrain.Core;
using NativeTrain.Testing;
using NativeTrain.Vision.Images;
using NativeTrain.Vision.Models;
using NativeTrain.Vision.Plots;
using Xunit;

namespace NativeTrain.Training.Tests;

/// <summary>What predict writes, and where it writes nothing. The detector is untrained: only files count here.</summary>
public sealed class PredictionRunTests : IClassFixture<TinySet>, IDisposable
{
    private readonly TinySet set;
    private readonly TemporaryFolder folder = new();
    private readonly string model, pictures;

    public PredictionRunTests(TinySet set)
    {
        this.set = set;
        model = folder.File("untrained.safetensors");
        using (var detector = YoloModel.Create(set.Backend, YoloSpec.BuiltIn('n'), 4, seed: 0))
            WeightsFile.Save(detector, model, new Dictionary<string, string>());
        pictures = folder.File("pictures");
        Directory.CreateDirectory(pictures);
    }

    public void Dispose() => folder.Dispose();

    private string? Predict(Recorder told, params string[] more) =>
        PredictionRun.Run(set.Backend, TrainOptions.Parse(Verb.Predict,
            [$"model={model}", $"source={pictures}", "imgsz=32", "conf=0.9", $"project={folder.File("runs")}", .. more]), told);

    [Theory]
    [InlineData("a.jpg")]
    [InlineData("a.jpg", "b.png")]
    public void WhereNoPictureCanBeReadThereIsNoFolder(params string[] names)
    {
        foreach (string name in names) File.WriteAllText(Path.Combine(pictures, name), "no picture");
        Assert.Throws<InputException>(() => Predict(new Recorder()));
        Assert.False(Directory.Exists(folder.File("runs")));
    }

    [Fact]
    public void PicturesThatDifferInTheirEndingKeepTheirOwnFiles()
    {
        PictureFile.Write(Path.Combine(pictures, "a.jpg"), new RgbImage(8, 8));
        PictureFile.Write(Path.Combine(pictures, "a.png"), new RgbImage(8, 8));
        File.Copy(Path.Combine(pictures, "a.png"), Path.Combine(pictures, "a.bmp")); // told by its content
        File.Copy(Path.Combine(pictures, "a.png"), Path.Combine(pictures, "b.bmp"));
        string run = Predict(new Recorder(), "save_txt=true")!;
        Assert.Equal(["a.bmp.png", "a.jpg", "a.png", "b.png"], Directory.EnumerateFiles(run).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.Equal(["a.bmp.txt", "a.jpg.txt", "a.png.txt", "b.txt"],
            Directory.EnumerateFiles(Path.Combine(run, "labels")).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void APictureTooLargeForJpegIsToldAndTheOthersAreDrawn()
    {
        PictureFile.Write(folder.File("wide.png"), new RgbImage(1, 65_501));
        File.Move(folder.File("wide.png"), Path.Combine(pictures, "a.jpg")); // told by its content
        PictureFile.Write(Path.Combine(pictures, "b.jpg"), new RgbImage(8, 8));
        var told = new Recorder();
        string run = Predict(told, "save_txt=true")!;
        Assert.Contains(told.Messages, m => m.StartsWith("not drawn: ") && m.Contains("a.jpg"));
        Assert.Equal(["b.jpg"], Directory.EnumerateFiles(run).Select(Path.GetFileName));
        Assert.Equal(2, Directory.EnumerateFiles(Path.Combine(run, "labels")).Count());
    }
}
