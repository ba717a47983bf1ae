using NativeTrain.Core;
using NativeTrain.Nn;
using NativeTrain.Testing;
using NativeTrain.Vision.Data;
using NativeTrain.Vision.Images;
using NativeTrain.Vision.Plots;
using Xunit;

namespace NativeTrain.Training.Tests;

/// <summary>Whole short trainings.</summary>
public sealed class TrainingRunTests(TinySet set) : IClassFixture<TinySet>
{
    [Fact]
    public void ATrainingLeavesWhatItPromises()
    {
        var told = new Recorder();
        long before = set.Backend.Allocator.LiveBytes;
        var result = Trainer.Run(set.Backend, set.Options("plots=true", "save_period=1", "name=whole"), told);

        Assert.Equal(before, set.Backend.Allocator.LiveBytes);
        Assert.Equal((2, false), (result.Epochs, result.Interrupted));
        string[] files =
        [
            "args.yaml", "results.csv", "results.png", "results.html", "metrics.json", "labels.png", "train_batch0.jpg", "train_batch1.jpg", "train_batch2.jpg",
            "val_batch0_labels.jpg", "val_batch0_pred.jpg", "PR_curve.png", "F1_curve.png", "P_curve.png", "R_curve.png",
            "confusion_matrix.png", "confusion_matrix_normalized.png",
            "weights/last.safetensors", "weights/best.safetensors", "weights/epoch1.safetensors", "weights/epoch2.safetensors",
        ];
        Assert.Equal(files.Order(StringComparer.Ordinal),
            Directory.EnumerateFiles(result.Folder, "*", SearchOption.AllDirectories).Select(f => Path.GetRelativePath(result.Folder, f)).Order(StringComparer.Ordinal));

        Assert.Equal((TinySet.TrainImages, TinySet.ValImages, 3), (told.Start!.TrainImages, told.Start.ValImages, told.Start.Steps));
        Assert.Equal(6, told.Steps.Count);
        Assert.Equal(2, told.Epochs.Count);
        Assert.Equal(3, File.ReadLines(Path.Combine(result.Folder, "results.csv")).Count());
        Assert.All(told.Epochs, e => Assert.NotNull(e.Validation));
        Assert.Null(told.End!.InterruptedAtEpoch);

        var metadata = Safetensors.Read(result.Best).Metadata;
        Assert.Equal(("detect", "32", "yolo11n"), (metadata["task"], metadata["stride"], metadata["model"]));
        Assert.Equal(told.Start.Classes, ClassNamesJson.Read(metadata["names"]));
    }

    [Fact]
    public void LiveBytesAreEqualFromStepToStep()
    {
        var told = new Recorder();
        Trainer.Run(set.Backend, set.Options(), told);
        Assert.Single(told.Steps.Select(s => s.LiveBytes).Distinct());
    }

    [Fact]
    public void TheSameSeedGivesTheSameBytesWithAnyNumberOfWorkers()
    {
        var first = Trainer.Run(set.Backend, set.Options("mixup=0.5"));
        var second = Trainer.Run(set.Backend, set.Options("mixup=0.5", "workers=2"));
        var other = Trainer.Run(set.Backend, set.Options("mixup=0.5", "seed=1"));
        Assert.Equal(File.ReadAllBytes(first.Last), File.ReadAllBytes(second.Last));
        Assert.Equal(File.ReadAllBytes(first.Best), File.ReadAllBytes(second.Best));
        Assert.Equal(WithoutTimes(first), WithoutTimes(second));
        Assert.NotEqual(WithoutTimes(first), WithoutTimes(other));

        static string WithoutTimes(TrainResult r) =>
            string.Join("\n", File.ReadLines(Path.Combine(r.Folder, "results.csv")).Select(l => string.Join(",", l.Split(',').Where((_, i) => i != 1))));
    }

    [Fact]
    public void ValOfTheBestWeightsGivesWhatTheTrainingSaid()
    {
        var told = new Recorder();
        var trained = Trainer.Run(set.Backend, set.Options(), told);
        string json = Path.Combine(set.Folder, "metrics.json");
        var val = Validator.Run(set.Backend, TrainOptions.Parse(Verb.Val,
            $"model={trained.Best}", $"data={set.Data}", "plots=false", $"json={json}", $"project={set.Folder}"));
        Assert.Equal(trained.Validation!.Loss.Values, val!.Loss.Values);
        Assert.Equal(trained.Validation.Metrics, val.Metrics);
        Assert.Equal(trained.Validation, told.Validated);
        using var read = System.Text.Json.JsonDocument.Parse(File.ReadAllText(json));
        Assert.Equal(((DetectionValidation)val).Report.Map50, read.RootElement.GetProperty("mean").GetProperty("mAP50").GetDouble());
        Assert.Equal(TinySet.ValImages, read.RootElement.GetProperty("images").GetInt32());
    }

    [Fact]
    public void CancellingSavesAndEndsCleanly()
    {
        using var cancel = new CancellationTokenSource();
        string periodic = Path.Combine(set.Folder, "runs", "cancelled", "weights", "epoch1.safetensors");
        byte[] saved = [];
        var told = new Recorder
        {
            AtStep = s =>
            {
                if (s is not { Epoch: 2, Step: 1 }) return;
                saved = File.ReadAllBytes(periodic);
                cancel.Cancel();
            },
        };
        long before = set.Backend.Allocator.LiveBytes;
        var result = Trainer.Run(set.Backend, set.Options("epochs=3", "save_period=1", "nbs=4", "name=cancelled"), told, cancel.Token);
        Assert.Equal((1, true), (result.Epochs, result.Interrupted));
        Assert.Equal(2, told.End!.InterruptedAtEpoch);
        Assert.Equal(4, told.Steps.Count);
        Assert.Contains(told.Messages, m => m.StartsWith("interrupted at epoch 2"));
        Assert.Equal("1", Safetensors.Read(result.Last).Metadata["epoch"]);
        Assert.Equal(saved, File.ReadAllBytes(periodic));
        Assert.NotEqual(saved, File.ReadAllBytes(result.Last));
        Assert.Equal(2, File.ReadLines(Path.Combine(result.Folder, "results.csv")).Count());
        Assert.Equal(before, set.Backend.Allocator.LiveBytes);
    }

    [Fact]
    public void DivergenceStopsWithAMessageAndKeepsTheLastGoodWeights()
    {
        var told = new Recorder();
        // The rate is 0 in the warm-up's first iteration and astronomic from the second epoch on.
        var options = set.Options("optimizer=SGD", "lr0=1e25", "warmup_bias_lr=0", "warmup_epochs=1000", "nbs=4", "batch=12", "workers=0", "name=diverges", "epochs=5");
        var e = Assert.Throws<InputException>(() => Trainer.Run(set.Backend, options, told));
        Assert.Matches(@"training diverged: the (box loss|cls loss|dfl loss|gradients' norm) is (NaN|∞|Infinity) at epoch \d+, step 1 \(lr ", e.Message);
        Assert.DoesNotContain('\n', e.Message);
        Assert.NotEmpty(told.Epochs);
        Assert.All(Safetensors.Read(Path.Combine(set.Folder, "runs", "diverges", "weights", "last.safetensors"))["model.0.conv.weight"].ToFloats(), v => Assert.True(float.IsFinite(v)));
    }

    [Fact]
    public void PatienceNeedsValidationsToJudgeBy()
    {
        var result = Trainer.Run(set.Backend, set.Options("val=false", "patience=1", "epochs=3"));
        Assert.Equal(3, result.Epochs);
        Assert.True(File.Exists(result.Best));
    }

    [SharedFact]
    public void PatienceEndsATraining()
    {
        // A good detector on four pictures: its first step has a rate of 0, the next ones ruin it.
        string yaml = Path.Combine(set.Folder, "four.yaml");
        var pictures = DataYaml.Load(Shared.File("data/bccd/data.yaml")).Images("val").Take(4).ToList();
        string list = $"[{string.Join(", ", pictures)}]";
        File.WriteAllText(yaml, $"train: {list}\nval: {list}\nnames: [RBC, WBC, Platelets]\n");
        var told = new Recorder();
        var result = Trainer.Run(set.Backend, set.Options($"data={yaml}", $"model={Shared.File("golden/yolo11n-bccd.weights.safetensors")}", "imgsz=160",
            "optimizer=SGD", "lr0=1e4", "warmup_bias_lr=0", "warmup_epochs=1000", "nbs=4", "epochs=10", "patience=2", "save=false"), told);
        Assert.True(told.Epochs[0].Validation!.Fitness > 0.1 && told.Epochs[1].Validation!.Fitness < told.Epochs[0].Validation!.Fitness);
        Assert.Equal(3, result.Epochs);
        Assert.Contains(told.Messages, m => m.Contains("the best was epoch 1 (patience=2)"));
        Assert.Equal("1", Safetensors.Read(result.Best).Metadata["epoch"]);
        Assert.Equal("3", Safetensors.Read(result.Last).Metadata["epoch"]);
        Assert.Equal(told.Epochs[0].Validation!.Fitness, result.Validation!.Fitness, 3);
    }

    [Fact]
    public void TrainingGoesOnFromWeightsAndTakesWhatFits()
    {
        var told = new Recorder();
        var first = Trainer.Run(set.Backend, set.Options("epochs=1", "val=false"));
        Trainer.Run(set.Backend, set.Options("epochs=1", $"model={first.Best}"), told);
        Assert.Contains(told.Messages, m => m.Contains(" tensors taken from "));
        Assert.DoesNotContain(told.Messages, m => m.Contains("; new: ") || m.Contains("left over"));
    }

    [Fact]
    public void ABadLabelOfTheValidationSetIsToldOnce()
    {
        using var folder = new TemporaryFolder();
        ShapesGenerator.Write(folder.Path, train: 2, val: 2, size: 64, seed: 1);
        string label = Directory.EnumerateFiles(folder.File("labels/val")).First();
        File.AppendAllText(label, "99 0.5 0.5 0.1 0.1\n");
        var told = new Recorder();
        Trainer.Run(set.Backend, set.Options($"data={folder.File("data.yaml")}", "epochs=1"), told);
        Assert.Single(told.Messages, m => m.Contains(Path.GetFileName(label) + ":"));
    }

    [Fact]
    public void CurvesHaveTheColoursOfTheirClassesBoxes()
    {
        using var folder = new TemporaryFolder();
        ShapesGenerator.Write(folder.Path, train: 2, val: 2, size: 64, seed: 1);
        foreach (string label in Directory.EnumerateFiles(folder.File("labels/val"), "*.txt"))
            File.WriteAllText(label, "3 0.5 0.5 0.2 0.2\n"); // only the last of the four classes occurs
        var result = Trainer.Run(set.Backend, set.Options($"data={folder.File("data.yaml")}", "epochs=1", "plots=true"));

        var curve = ImageFile.Load(Path.Combine(result.Folder, "PR_curve.png"));
        Assert.True(Count(Palette.Rgb(3)) > 0);
        Assert.Equal(0, Count(Palette.Rgb(0)));

        int Count((byte, byte, byte) colour) =>
            curve.Pixels.Chunk(3).Count(p => (p[0], p[1], p[2]) == colour);
    }

    [Fact]
    public void PredictDrawsAndWritesTextAndJson()
    {
        var trained = Trainer.Run(set.Backend, set.Options("epochs=1"));
        string bad = Path.Combine(set.Folder, "pictures");
        Directory.CreateDirectory(bad);
        foreach (string file in set.ValPictures) File.Copy(file, Path.Combine(bad, Path.GetFileName(file)), overwrite: true);
        File.WriteAllText(Path.Combine(bad, "broken.jpg"), "no picture");
        var told = new Recorder();
        string? folder = PredictionRun.Run(set.Backend, TrainOptions.Parse(Verb.Predict,
            $"model={trained.Best}", $"source={bad}", "conf=0", "max_det=3", "save_txt=true", "save_conf=true", "save_json=true", $"project={set.Folder}"), told);

        Assert.Contains(told.Messages, m => m.Contains("broken.jpg"));
        Assert.All(told.Pictures, p => Assert.Equal((64, 64), (p.Height, p.Width))); // the size of the training
        Assert.Equal(TinySet.ValImages, Directory.EnumerateFiles(folder!, "*.???").Count(f => !f.EndsWith(".json", StringComparison.Ordinal)));
        string[] lines = File.ReadAllLines(Directory.EnumerateFiles(Path.Combine(folder!, "labels")).First());
        Assert.Equal(3, lines.Length);
        Assert.All(lines, l => Assert.Equal(6, l.Split(' ').Length));
        using var json = System.Text.Json.JsonDocument.Parse(File.ReadAllText(Path.Combine(folder!, "predictions.json")));
        Assert.Equal(TinySet.ValImages, json.RootElement.EnumerateObject().Count());
        Assert.All(json.RootElement.EnumerateObject(), image => Assert.Equal(3, image.Value.GetArrayLength()));
    }
}
