using System.Text.Json;
using NativeTrain.Core;
using NativeTrain.Nn;
using NativeTrain.Vision.Images;
using NativeTrain.Vision.Models;
using NativeTrain.Vision.Plots;
using Xunit;

namespace NativeTrain.Training.Tests;

/// <summary>The options of val and predict, and what a training writes beside its weights: each changes what comes out.</summary>
public sealed class VerbOptionTests(TinySet set) : IClassFixture<TinySet>
{
    /// <summary>Cells of a picture of 64 pixels: 8² + 4² + 2². Each has a score for each of four classes.</summary>
    private const int Cells = 84, Classes = 4;

    /// <summary>A detector as it is drawn, which finds everything everywhere.</summary>
    private string Weights()
    {
        string path = Path.Combine(set.Folder, "drawn.safetensors");
        if (File.Exists(path)) return path;
        using var model = YoloModel.Create(set.Backend, YoloSpec.BuiltIn('n'), Classes, seed: 0);
        WeightsFile.Save(model, path, new Dictionary<string, string> { ["imgsz"] = "64" });
        return path;
    }

    /// <summary>Detections of a validation with conf=0, of all pictures.</summary>
    private int Found(params string[] options)
    {
        string name = Guid.NewGuid().ToString("N");
        Validator.Run(set.Backend, TrainOptions.Parse(Verb.Val, [$"model={Weights()}", $"data={set.Data}", "conf=0", "max_det=1000", "rect=false", "save_json=true", "plots=false", "workers=0", $"project={set.Folder}", $"name={name}", .. options]));
        using var json = JsonDocument.Parse(File.ReadAllText(Path.Combine(set.Folder, name, "predictions.json")));
        return json.RootElement.EnumerateObject().Sum(p => p.Value.GetArrayLength());
    }

    [Fact]
    public void SuppressionFollowsItsOptions()
    {
        int all = Found("iou=1");
        Assert.Equal(TinySet.ValImages * Cells * Classes, all);
        Assert.True(Found("iou=1", "rect=true") > all); // half a stride of margin all round
        Assert.InRange(Found("iou=0.3"), 1, all - 1);
        Assert.InRange(Found("iou=0.99", "agnostic_nms=true"), 1, Found("iou=0.99") / 2); // one class a cell at most
        Assert.Equal(TinySet.ValImages * 7, Found("iou=1", "max_det=7"));
        Assert.Equal(0, Found("iou=1", "conf=0.9"));
        Assert.Equal(all / 2, Found("iou=1", "classes=0,2"));
    }

    [Fact]
    public void SplitChoosesThePart()
    {
        int Images(string split) => Validator.Run(set.Backend, TrainOptions.Parse(Verb.Val,
            $"model={Weights()}", $"data={set.Data}", $"split={split}", "plots=false", "workers=0", $"project={set.Folder}"))!.Images;
        Assert.Equal((TinySet.TrainImages, TinySet.ValImages), (Images("train"), Images("val")));
    }

    [Fact]
    public void RectLetsAPictureKeepItsShape()
    {
        string wide = Path.Combine(set.Folder, "wide.png");
        PictureFile.Write(wide, new RgbImage(height: 32, width: 64));
        (int, int) Input(string rect)
        {
            var told = new Recorder();
            PredictionRun.Run(set.Backend, TrainOptions.Parse(Verb.Predict, $"model={Weights()}", $"source={wide}", $"rect={rect}", "save=false"), told);
            return (told.Pictures[0].Height, told.Pictures[0].Width);
        }
        Assert.Equal(((32, 64), (64, 64)), (Input("true"), Input("false")));
    }

    [Theory]
    [InlineData("true", 1)]
    [InlineData("false", 0)]
    public void TensorBoardFilesAreWrittenWhereAskedFor(string given, int files)
    {
        var run = Trainer.Run(set.Backend, set.Options("epochs=1", $"tensorboard={given}"));
        Assert.Equal(files, Directory.EnumerateFiles(run.Folder, "events.out.tfevents.*").Count());
    }
}
