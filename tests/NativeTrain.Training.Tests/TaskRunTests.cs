using System.Globalization;
using System.Text.Json;
using NativeTrain.Cpu;
using NativeTrain.Nn;
using NativeTrain.Testing;
using NativeTrain.Vision.Data;
using NativeTrain.Vision.Detect;
using NativeTrain.Vision.Models;
using Xunit;

namespace NativeTrain.Training.Tests;

/// <summary>Whole short trainings, validations and predictions of segmenters and classifiers.</summary>
public sealed class TaskRunTests : IDisposable
{
    private const int TrainImages = 12, ValImages = 6;

    private readonly TemporaryFolder folder = new();
    private readonly CpuBackend backend = new();

    public void Dispose()
    {
        backend.Dispose();
        folder.Dispose();
    }

    /// <summary>Options of a short training on a drawn set of a task; later ones win.</summary>
    private TrainOptions Options(YoloTask task, params string[] more)
    {
        string set = folder.File(task.ToString());
        ShapesGenerator.Write(set, TrainImages, ValImages, size: 64, seed: 1, task);
        string data = task == YoloTask.Classify ? set : Path.Combine(set, "data.yaml");
        return TrainOptions.Parse(Verb.Train,
        [
            $"model=yolo11n{TaskNames.Suffix(TaskNames.Of(task))}.yaml", $"data={data}", "imgsz=64", "batch=4", "epochs=2", "workers=0", "plots=false",
            $"project={folder.File("runs")}", .. more,
        ]);
    }

    private static IEnumerable<string> FilesOf(string folder) =>
        Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Select(f => Path.GetRelativePath(folder, f));

    [Fact]
    public void ASegmenterIsTrainedMeasuredAndLookedAt()
    {
        var options = Options(YoloTask.Segment, "plots=true");
        long before = backend.Allocator.LiveBytes;
        var trained = Trainer.Run(backend, options);
        Assert.Equal(before, backend.Allocator.LiveBytes);
        string[] files = FilesOf(trained.Folder).ToArray();
        Assert.All(["BoxPR_curve.png", "MaskPR_curve.png", "MaskF1_curve.png", "val_batch0_pred.jpg", "train_batch0.jpg", "labels.png", "results.png"], f => Assert.Contains(f, files));
        string header = File.ReadLines(Path.Combine(trained.Folder, "results.csv")).First();
        Assert.Contains("train/box_loss,train/seg_loss,train/cls_loss,train/dfl_loss,metrics/precision(B)", header);
        Assert.Contains("metrics/mAP50-95(B),metrics/precision(M),metrics/recall(M),metrics/mAP50(M),metrics/mAP50-95(M),val/box_loss,val/seg_loss", header);
        Assert.Equal("segment", Safetensors.Read(trained.Best).Metadata["task"]);
        Assert.Contains("task: segment\n", File.ReadAllText(Path.Combine(trained.Folder, "args.yaml")));

        string json = folder.File("metrics.json");
        var val = Validator.Run(backend, TrainOptions.Parse(Verb.Val,
            $"model={trained.Best}", $"data={options.Data}", "plots=false", $"json={json}", "conf=0", "max_det=5", "save_txt=true", "save_json=true", $"project={folder.File("runs")}"));
        Assert.Equal(8, val!.Metrics.Count);
        using var read = JsonDocument.Parse(File.ReadAllText(json));
        Assert.Equal(((DetectionValidation)val).Masks!.Map50, read.RootElement.GetProperty("masks").GetProperty("mean").GetProperty("mAP50").GetDouble());

        string run = PredictionRun.Run(backend, TrainOptions.Parse(Verb.Predict,
            $"model={trained.Best}", $"source={Path.Combine(Path.GetDirectoryName(options.Data)!, "images/val")}", "conf=0", "max_det=4", "save_txt=true", "save_conf=true", "save_json=true", $"project={folder.File("runs")}"))!;
        using var found = JsonDocument.Parse(File.ReadAllText(Path.Combine(run, "predictions.json")));
        // A mask may be empty: then it has no polygon and no line. A line has the class, the polygon's points and the confidence.
        var points = found.RootElement.EnumerateObject().SelectMany(i => i.Value.EnumerateArray()).Select(d => d.GetProperty("polygon").GetArrayLength());
        var words = Directory.EnumerateFiles(Path.Combine(run, "labels")).SelectMany(File.ReadAllLines).Select(l => l.Split(' ').Length);
        Assert.Equal(points.Where(n => n > 0).Select(n => n + 2).Order(), words.Order());
    }

    [Fact]
    public void AClassifierIsTrainedMeasuredAndLookedAt()
    {
        var options = Options(YoloTask.Classify, "plots=true");
        long before = backend.Allocator.LiveBytes;
        var trained = Trainer.Run(backend, options);
        Assert.Equal(before, backend.Allocator.LiveBytes);
        string[] files = FilesOf(trained.Folder).ToArray();
        Assert.All(["confusion_matrix.png", "val_batch0_labels.jpg", "val_batch0_pred.jpg", "train_batch0.jpg", "results.png"], f => Assert.Contains(f, files));
        Assert.Equal("epoch,time,train/loss,metrics/accuracy_top1,metrics/accuracy_top5,val/loss,lr/pg0,lr/pg1,lr/pg2",
            File.ReadLines(Path.Combine(trained.Folder, "results.csv")).First());
        Assert.Equal("classify", Safetensors.Read(trained.Best).Metadata["task"]);

        string json = folder.File("metrics.json");
        var val = Validator.Run(backend, TrainOptions.Parse(Verb.Val,
            $"model={trained.Best}", $"data={options.Data}", "plots=false", $"json={json}", "save_txt=true", "save_json=true", $"project={folder.File("runs")}"))!;
        Assert.Equal(trained.Validation!.Metrics, val.Metrics);
        using var read = JsonDocument.Parse(File.ReadAllText(json));
        Assert.Equal(val.Metrics[0], read.RootElement.GetProperty("mean").GetProperty("top1").GetDouble());

        string run = PredictionRun.Run(backend, TrainOptions.Parse(Verb.Predict,
            $"model={trained.Best}", $"source={Directory.EnumerateDirectories(Path.Combine(options.Data, "val")).First()}", "save_txt=true", "save_json=true", $"project={folder.File("runs")}"))!;
        using var found = JsonDocument.Parse(File.ReadAllText(Path.Combine(run, "predictions.json")));
        Assert.All(found.RootElement.EnumerateObject(), image => Assert.InRange(image.Value.EnumerateArray().Sum(c => c.GetProperty("conf").GetDouble()), 0.99, 1.01));
        Assert.All(Directory.EnumerateFiles(Path.Combine(run, "labels")).SelectMany(File.ReadAllLines), l => Assert.Equal(2, l.Split(' ').Length));
    }

    [Theory]
    [InlineData(YoloTask.Segment, "mixup=0.5", "copy_paste=0.5")]
    [InlineData(YoloTask.Classify)]
    public void TheSameSeedGivesTheSameBytesWithAnyNumberOfWorkers(YoloTask task, params string[] more)
    {
        byte[][] best = [.. new[] { "workers=0", "workers=2" }.Select(w => File.ReadAllBytes(Trainer.Run(backend, Options(task, ["epochs=1", w, .. more])).Best))];
        Assert.Equal(best[0], best[1]);
    }

    [Fact]
    public void ASegmentersMaskLossFalls()
    {
        var options = Options(YoloTask.Segment, "epochs=12", "nbs=4", "val=false", "optimizer=AdamW", "lr0=0.003", "mosaic=0", "scale=0", "translate=0", "fliplr=0");
        string[][] lines = [.. File.ReadLines(Path.Combine(Trainer.Run(backend, options).Folder, "results.csv")).Select(l => l.Split(','))];
        int column = Array.IndexOf(lines[0], "train/seg_loss");
        double first = double.Parse(lines[1][column], CultureInfo.InvariantCulture), last = double.Parse(lines[^1][column], CultureInfo.InvariantCulture);
        Assert.True(last < 0.8 * first, $"the mask loss went from {first} to {last}");
    }

    [Fact]
    public void OutlinesAreWrittenAsLabels()
    {
        Detection[] found = [new(10, 20, 30, 60, 0.5f, 2), new(0, 0, 1, 1, 0.4f, 1)];
        Assert.Equal("2 0.05 0.2 0.15 0.2 0.15 0.6 0.5\n", OutlinesText.Of(found, [[10, 20, 30, 20, 30, 60], []], height: 100, width: 200, confidence: true));
    }
}
