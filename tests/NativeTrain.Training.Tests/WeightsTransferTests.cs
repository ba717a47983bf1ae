using NativeTrain.Core;
using NativeTrain.Nn;
using NativeTrain.Testing;
using NativeTrain.Vision.Models;
using Xunit;

namespace NativeTrain.Training.Tests;

/// <summary>What model= and pretrained= take from a weights file, and what they say of it.</summary>
public sealed class WeightsTransferTests(TinySet set) : IClassFixture<TinySet>
{
    private static string Checkpoint => Shared.File("golden/yolo11n-nc3.ultralytics.pt");

    [SharedTheory]
    [InlineData("golden/yolo11n-nc3.ultralytics.pt")]
    [InlineData("golden/yolo11n-nc3.state_dict.pt")]
    public void AModelOfAPtFileIsTheGoldenOneInHalfPrecision(string name)
    {
        using var read = WeightsFile.Open(set.Backend, Shared.File(name));
        using var golden = WeightsFile.Open(set.Backend, Shared.File("golden/yolo11n-nc3-128.weights.safetensors"));
        Assert.Equal(3, read.Classes);
        foreach (var (a, b) in read.NamedTensors().Zip(golden.NamedTensors()))
            Assert.Equal(set.Backend.ToFloats(b.Tensor).Select(v => (float)(Half)v), set.Backend.ToFloats(a.Tensor));
    }

    [SharedFact]
    public void ValAndPredictTakeNamesAndSizeFromAPtFile()
    {
        using var loaded = ModelSource.Load(set.Backend, Checkpoint);
        Assert.Equal(["RBC", "WBC", "Platelets"], loaded.Names);
        Assert.Equal(640, loaded.ImageSize);
    }

    [SharedTheory]
    [InlineData("model=yolo11n.yaml", true)]
    [InlineData("model=CHECKPOINT", false)]
    public void EqualClassesTakeEverything(string model, bool pretrained)
    {
        string[] options = [model.Replace("CHECKPOINT", Checkpoint), .. pretrained ? new[] { $"pretrained={Checkpoint}" } : []];
        var (names, message) = NewTensors(3, options);
        Assert.Empty(names);
        Assert.Equal($"495 of 495 tensors taken from {Checkpoint}".Replace("495", $"{Count(3)}"), message);
    }

    [SharedFact]
    public void OtherClassesStartJustTheClassLayersAnew()
    {
        var (names, message) = NewTensors(5, $"model={Checkpoint}");
        Assert.Equal(["model.23.cv3.0.2.bias", "model.23.cv3.0.2.weight", "model.23.cv3.1.2.bias", "model.23.cv3.1.2.weight", "model.23.cv3.2.2.bias", "model.23.cv3.2.2.weight"], names.Order());
        Assert.Contains("; new: model.23.cv3.0.2.weight, model.23.cv3.0.2.bias, model.23.cv3.1.2.weight and 3 more; left over in the file: ", message);
    }

    /// <summary>With 80 classes the class branch is 80 channels wide, not 64.</summary>
    [SharedFact]
    public void AWiderClassBranchStartsAnewToo()
    {
        var (names, _) = NewTensors(80, $"model={Checkpoint}");
        Assert.All(names, n => Assert.StartsWith("model.23.cv3.", n));
        Assert.Contains("model.23.cv3.0.0.1.conv.weight", names);
        Assert.DoesNotContain("model.23.cv3.0.0.0.conv.weight", names); // depthwise over the level's own channels
    }

    [SharedFact]
    public void ASegmenterKeepsADetectorsBoxes()
    {
        var (names, _) = NewTensors(3, "model=yolo11n-seg.yaml", $"pretrained={Checkpoint}");
        Assert.All(names, n => Assert.Matches(@"^model\.23\.(proto|cv4)\.", n));
        Assert.NotEmpty(names);
    }

    [SharedFact]
    public void ADetectorLeavesASegmentersMasksInTheFile()
    {
        string seg = Shared.File("golden/yolo11n-seg-nc2-96.weights.safetensors");
        var (names, message) = NewTensors(2, "model=yolo11n.yaml", $"pretrained={seg}");
        Assert.Empty(names);
        Assert.Matches(@"left over in the file: model\.23\.(proto|cv4)\.", message);
    }

    /// <summary>Layer 9 is SPPF in the one and C2PSA in the other; some of their tensors have equal names and shapes.</summary>
    [SharedFact]
    public void AClassifierTakesTheBackboneOnly()
    {
        var (names, _) = NewTensors(3, "model=yolo11n-cls.yaml", $"pretrained={Checkpoint}");
        Assert.Equal(["9", "10"], names.Select(n => n.Split('.')[1]).Distinct());
        Assert.Contains("model.9.cv2.bn.weight", names);
    }

    [SharedFact]
    public void WeightsOfAnotherSizeAreRefusedWithBothSizes()
    {
        var e = Assert.Throws<InputException>(() => NewTensors(3, "model=yolo11s.yaml", $"pretrained={Checkpoint}"));
        Assert.Equal($"{Checkpoint}: weights of size n (yolo11n), but the model is of size s (yolo11s); give weights of size s, or model=yolo11n.yaml", e.Message);
    }

    [SharedFact]
    public void PretrainedFalseStartsAtRandom()
    {
        var (names, message) = NewTensors(3, $"model={Checkpoint}", "pretrained=false");
        Assert.Contains("model.0.conv.weight", names);
        Assert.Equal("", message);
    }

    [Fact]
    public void AnAbsentPtFileIsNotDownloaded()
    {
        var e = Assert.Throws<InputException>(() => NewTensors(3, "model=yolo11n.pt"));
        Assert.Equal("yolo11n.pt: no such file; weights are not downloaded: give the path of a file that you have", e.Message);
    }

    /// <summary>Builds the model to train; which of its tensors differ from the file's, and what was said.</summary>
    private (IReadOnlyList<string> New, string Message) NewTensors(int classes, params string[] options)
    {
        var told = new Recorder();
        var parsed = set.Options(options);
        using var model = ModelSource.ForTraining(set.Backend, parsed, classes, told);
        var file = TensorFile.Read(parsed.Pretrained is "true" or "false" ? parsed.Model : parsed.Pretrained);
        bool Taken((string Name, Tensor Tensor) t) =>
            file.TryGet(t.Name, out var entry) && WeightsFile.ToEntry(set.Backend, t.Name, t.Tensor).ToFloats().SequenceEqual(entry.ToFloats());
        return ([.. model.NamedTensors().Where(t => !Taken(t)).Select(t => t.Name)], told.Messages.SingleOrDefault() ?? "");
    }

    private int Count(int classes)
    {
        using var model = YoloModel.Create(set.Backend, YoloSpec.BuiltIn('n'), classes);
        return model.NamedTensors().Count();
    }
}
