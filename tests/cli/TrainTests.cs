using System.Diagnostics;
using System.Text.Json;
using Xunit;

namespace NativeTrain.Cli.Tests;

/// <summary>The verbs at work, on pictures small enough for a few seconds.</summary>
public class TrainTests
{
    [Fact]
    public void TrainValidateAndPredict()
    {
        using var set = new TinySet();
        var trained = set.Train();
        Expect.Success(trained);
        string run = set.File("runs/train");
        foreach (string file in new[]
        {
            "weights/last.safetensors", "weights/best.safetensors", "results.csv", "args.yaml", "results.png", "labels.png",
            "confusion_matrix.png", "val_batch0_labels.jpg", "val_batch0_pred.jpg",
        })
            Assert.True(new FileInfo(Path.Combine(run, file)) is { Exists: true, Length: > 0 }, $"{file} is missing");
        Assert.Equal(3, File.ReadAllLines(Path.Combine(run, "results.csv")).Length);
        Assert.Contains("epochs: 2", File.ReadAllText(Path.Combine(run, "args.yaml")));
        Assert.Contains($"results saved to {run}", trained.Out);

        string weights = "model=runs/train/weights/best.safetensors";
        Expect.Success(set.Run("val", weights, "data=set/data.yaml", "plots=false", "project=runs", "json=metrics.json"));
        using (var metrics = JsonDocument.Parse(File.ReadAllText(set.File("metrics.json"))))
            Assert.Equal(JsonValueKind.Object, metrics.RootElement.ValueKind);

        Expect.Success(set.Run("predict", weights, "source=set/images/val", "project=runs", "conf=0.0001", "max_det=10", "save_txt=true", "save_conf=true", "save_json=true"));
        string predict = set.File("runs/predict");
        foreach (string image in set.Images("val"))
        {
            Assert.True(File.Exists(Path.Combine(predict, Path.GetFileName(image))), $"{Path.GetFileName(image)} was not drawn");
            string[] rows = File.ReadAllLines(Path.Combine(predict, "labels", Path.GetFileNameWithoutExtension(image) + ".txt"));
            Assert.All(rows, row => Assert.Equal(6, row.Split(' ').Length));
        }
        using var json = JsonDocument.Parse(File.ReadAllText(Path.Combine(predict, "predictions.json")));
    }

    [Fact]
    public void EverySpellingTrainsTheSame()
    {
        using var set = new TinySet(train: 4, val: 1);
        string[] common = ["imgsz=64", "batch=4", "workers=1", "plots=false", "data=set/data.yaml", "project=runs"];
        Expect.Success(set.Run(["train", "model=yolo11n.yaml", "epochs=1", "seed=3", "cos_lr=true", "name=a", .. common]));
        Expect.Success(set.Run(["detect", "train", "--model", "yolo11n.yaml", "--epochs=1", "--seed", "3", "--cos-lr", "--name", "b", .. common]));
        byte[] Weights(string name) => File.ReadAllBytes(set.File($"runs/{name}/weights/last.safetensors"));
        Assert.Equal(Weights("a"), Weights("b"));
    }

    [Theory]
    [InlineData("threads=1", "cpu with 1 thread")]
    [InlineData("threads=3", "cpu with 3 threads")]
    public void ComputesOnTheDeviceAndWithTheThreadsAskedFor(string threads, string device)
    {
        using var set = new TinySet(train: 2, val: 1);
        var r = set.Train("epochs=1", "plots=false", "device=cpu", threads);
        Expect.Success(r);
        Assert.Contains($", on {device}\n", r.Out);
    }

    [Fact]
    public async Task CtrlCSavesAndExits130()
    {
        using var set = new TinySet();
        using var process = Tool.Start(set.Folder, "train", "model=yolo11n.yaml", "data=set/data.yaml", "epochs=500", "imgsz=64", "batch=4",
            "workers=1", "plots=false", "project=runs");
        string csv = set.File("runs/train/results.csv");
        var waited = Stopwatch.StartNew();
        while (!(File.Exists(csv) && File.ReadAllLines(csv).Length >= 2))
        {
            Assert.False(process.HasExited || waited.Elapsed > TimeSpan.FromMinutes(1), "no epoch was finished");
            await Task.Delay(50, TestContext.Current.CancellationToken);
        }
        int code = Tool.SendInterrupt(process);
        var r = Tool.Finish(process);
        Assert.True(r.ExitCode == code, $"exit code {r.ExitCode}\n{r.Out}{r.Error}");
        Assert.Contains("interrupted", r.Out);
        Assert.DoesNotContain("   at ", r.Out + r.Error);
        Expect.Success(set.Run("info", "model=runs/train/weights/last.safetensors"));
        Assert.Empty(Directory.GetFiles(set.File("runs"), "*.tmp", SearchOption.AllDirectories));
    }

    [Fact]
    public void AFolderThatCannotBeMade()
    {
        using var set = new TinySet(train: 1, val: 1);
        File.WriteAllText(set.File("file"), "");
        Expect.InputError(set.Train("project=file/runs"), "file/runs");
    }

    [Fact]
    public void AFullDiskLeavesNoHalfFile()
    {
        using var set = new TinySet(train: 2, val: 1);
        // The pictures and tables fit, the weights (10 MB) do not.
        var r = Tool.RunOnFullDisk(set.Folder, 4096, "train", "model=yolo11n.yaml", "data=set/data.yaml", "epochs=1", "imgsz=64", "batch=2",
            "workers=1", "plots=false", "project=runs");
        Expect.InputError(r, "last.safetensors", "cannot be written");
        Assert.Empty(Directory.GetFiles(set.File("runs/train/weights")));
    }

    /// <summary>
    /// The checkpoint of the third epoch is larger than those before, since the gradients of a micro-batch wait in it: under a limit between
    /// the sizes the disk is full in the middle of a training.
    /// </summary>
    [Fact]
    public void ADiskThatFillsUpInTheMiddleLeavesTheLastCheckpointToGoOnFrom()
    {
        string[] options = ["epochs=4", "plots=false"];
        using var set = new TinySet(train: 12, val: 2);
        Expect.Success(set.Train([.. options, "name=whole"]));
        var r = Tool.RunOnFullDisk(set.Folder, 46000, ["train", "model=yolo11n.yaml", "data=set/data.yaml", "imgsz=64", "batch=4", "workers=1", "project=runs",
            "name=full", .. options]);
        Expect.InputError(r, "last.safetensors", "cannot be written", "Free space on the disk");
        string last = set.File("runs/full/weights/last.safetensors");
        Assert.Contains("train resume=", r.Error);
        Assert.Equal(1 + 3, File.ReadLines(set.File("runs/full/results.csv")).Count());
        Assert.Empty(Directory.GetFiles(set.File("runs/full"), "*.tmp", SearchOption.AllDirectories));

        Expect.Success(set.Run("train", $"resume={last}"));
        foreach (string file in new[] { "last", "best" })
            Assert.True(Weights("whole", file).AsSpan().SequenceEqual(Weights("full", file)), $"{file}.safetensors differs");

        byte[] Weights(string run, string file) => File.ReadAllBytes(set.File($"runs/{run}/weights/{file}.safetensors"));
    }
}
