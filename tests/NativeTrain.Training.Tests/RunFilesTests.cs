using NativeTrain.Core;
using NativeTrain.Nn;
using NativeTrain.Vision.Detect;
using NativeTrain.Vision.Metrics;
using NativeTrain.Vision.Models;
using Xunit;
using YamlDotNet.Serialization;

namespace NativeTrain.Training.Tests;

/// <summary>The run's folder and the small files in it.</summary>
public sealed class RunFilesTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("nativetrain-run").FullName;

    private static TaskWork Work => TaskWork.For(YoloTask.Detect, TrainOptions.Parse(Verb.Train));

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void FoldersAreNumberedFromTwo()
    {
        var o = TrainOptions.Parse(Verb.Train, $"project={folder}");
        string[] made = [RunFolder.Create(o, YoloTask.Detect), RunFolder.Create(o, YoloTask.Detect), RunFolder.Create(o, YoloTask.Detect)];
        Assert.Equal(["train", "train2", "train3"], made.Select(Path.GetFileName));
        Assert.Equal(made[0], RunFolder.Create(o.With("exist_ok=true"), YoloTask.Detect));
        Assert.Equal("mine", Path.GetFileName(RunFolder.Create(o.With("name=mine"), YoloTask.Detect)));
        Assert.Equal("val", Path.GetFileName(RunFolder.Create(TrainOptions.Parse(Verb.Val, $"project={folder}"), YoloTask.Detect)));
    }

    [Fact]
    public void AFolderThatCannotBeMadeIsOneClearLine()
    {
        string file = Path.Combine(folder, "file");
        File.WriteAllText(file, "");
        var e = Assert.Throws<InputException>(() => RunFolder.Create(TrainOptions.Parse(Verb.Train, $"project={file}"), YoloTask.Detect));
        Assert.StartsWith(Path.Combine(file, "train"), e.Message);
        Assert.DoesNotContain('\n', e.Message);
    }

    [Fact]
    public void ArgsYamlReadsBackAsTheSameOptions()
    {
        var o = TrainOptions.Parse(Verb.Train, "model=yolo11s.yaml", "data=/data/it's #1: new/data.yaml", "name=null ", "lr0=1e-05", "cos_lr=true");
        Assert.Contains("\nlr0: 1.0E-05\n", ArgsYaml.Text(o, YoloTask.Detect)); // without the point YAML 1.1 takes it for a text
        var read = new DeserializerBuilder().Build().Deserialize<Dictionary<string, string?>>(ArgsYaml.Text(o, YoloTask.Detect));
        Assert.Equal(("detect", "train"), (read["task"], read["mode"]));
        foreach (var (name, value) in o.Values.Where(v => v.Name != "task"))
            Assert.Equal(value, read[name]);
        Assert.Equal(1 + OptionTable.For(Verb.Train).Count(), read.Count);
    }

    [Fact]
    public void ResultsCsvHasTheReferencesColumns()
    {
        string path = Path.Combine(folder, "results.csv");
        var csv = new ResultsCsv(path, Work.LossNames, Work.Metrics);
        csv.Append(1, TimeSpan.FromSeconds(12.3456789), new LossItems(Work.LossNames, [1.25, 2, 3]), null, [0.1, 0.01, 1e-5]);
        Assert.Equal(
            "epoch,time,train/box_loss,train/cls_loss,train/dfl_loss,metrics/precision(B),metrics/recall(B),metrics/mAP50(B),metrics/mAP50-95(B)," +
            "val/box_loss,val/cls_loss,val/dfl_loss,lr/pg0,lr/pg1,lr/pg2\n" +
            "1,12.3457,1.25,2,3,0,0,0,0,0,0,0,0.1,0.01,1e-05\n", File.ReadAllText(path));
    }

    [Fact]
    public void ALossThatIsNoNumberIsNullInJson()
    {
        string path = Path.Combine(folder, "metrics.json");
        var result = new DetectionValidation(new DetectionMetrics(["a"]).Compute(), null, new ConfusionMatrix(1), new LossItems(Work.LossNames, [double.NaN, 2, double.PositiveInfinity]), 0, 0, TimeSpan.Zero);
        MetricsJson.Write(path, result);
        using var json = System.Text.Json.JsonDocument.Parse(File.ReadAllText(path));
        Assert.Equal(["null", "2", "null"], json.RootElement.GetProperty("loss").EnumerateObject().Select(p => p.Value.GetRawText()));
    }

    [Fact]
    public void ClassesOfOneNameStayApartInJson()
    {
        string path = Path.Combine(folder, "metrics.json");
        var metrics = new DetectionMetrics(["a", "b", "a", "a"]);
        metrics.Add([], [.. Enumerable.Range(0, 4).Select(c => new TruthBox(0, 0, 10, 10, c))]);
        MetricsJson.Write(path, new DetectionValidation(metrics.Compute(), null, new ConfusionMatrix(4), new LossItems(Work.LossNames, [0, 0, 0]), 1, 4, TimeSpan.Zero));
        using var json = System.Text.Json.JsonDocument.Parse(File.ReadAllText(path));
        Assert.Equal(["a", "b", "a (2)", "a (3)"], json.RootElement.GetProperty("classes").EnumerateObject().Select(p => p.Name));
    }

    [Fact]
    public void DetectionsAreWrittenAsLabels()
    {
        Assert.Equal("2 0.1 0.4 0.1 0.4 0.5\n", DetectionsText.Of([new Detection(10, 20, 30, 60, 0.5f, 2)], height: 100, width: 200, confidence: true));
    }

    [Fact]
    public void SourcesAreFilesFoldersAndPatterns()
    {
        foreach (string name in new[] { "b.jpg", "a.PNG", "c.txt" }) File.WriteAllText(Path.Combine(folder, name), "");
        Assert.Equal(["a.PNG", "b.jpg"], Sources.Find(folder).Select(Path.GetFileName));
        Assert.Equal(["b.jpg"], Sources.Find(Path.Combine(folder, "*.jpg")).Select(Path.GetFileName));
        Assert.Equal(["b.jpg"], Sources.Find(Path.Combine(folder, "b.jpg")).Select(Path.GetFileName));
        foreach (string wrong in new[] { "d.jpg", "*.bmp", "no/*.jpg" })
            Assert.Throws<InputException>(() => Sources.Find(Path.Combine(folder, wrong)));
    }

    [Theory]
    [InlineData("[\"RBC\",\"a \\\"b\\\"\"]", 2)]
    [InlineData("{}", -1)]
    [InlineData("RBC", -1)]
    [InlineData("[1]", -1)]
    public void NamesOfAWeightsFileAreAnArrayOfTexts(string json, int count)
    {
        Assert.Equal(count, ClassNamesJson.Read(json)?.Count ?? -1);
        if (ClassNamesJson.Read(json) is { } names) Assert.Equal(json, ClassNamesJson.Write(names));
    }
}
