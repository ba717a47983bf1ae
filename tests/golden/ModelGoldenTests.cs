using NativeTrain.Core;
using NativeTrain.Cpu;
using NativeTrain.Testing;
using NativeTrain.Training;
using NativeTrain.Vision.Models;
using Xunit;

namespace NativeTrain.Golden.Tests;

/// <summary>Whole models beside the reference's numbers: outputs, loss, every gradient, statistics, eval output.</summary>
public sealed class ModelGoldenTests
{
    [SharedTheory]
    [InlineData("yolo11n-nc3-128", 423)]
    [InlineData("yolo11n-seg-nc2-96", 478)]
    [InlineData("yolo11n-cls-nc3-64", 201)]
    public void EveryTensorAgreesWithTheReferences(string name, int tensors)
    {
        using var backend = new CpuBackend();
        var results = Verification.Run(backend, Shared.File("golden/" + name));
        Assert.Equal(tensors, results.Count);
        Assert.All(results, r => Assert.True(r.Passed, $"{r.Name}: {r.Deviation:E2}, allowed {r.Tolerance:E1}"));
        Assert.Equal(0, backend.Allocator.LiveBytes);
    }

    /// <summary>By the processor's own multiplications of such numbers, where it has them, else by fp32 ones between roundings.</summary>
    [SharedTheory]
    [InlineData("yolo11n-nc3-128", DType.BF16, 5)]
    [InlineData("yolo11n-nc3-128", DType.F16, 6)]
    [InlineData("yolo11n-seg-nc2-96", DType.BF16, 7)]
    [InlineData("yolo11n-seg-nc2-96", DType.F16, 8)]
    [InlineData("yolo11n-cls-nc3-64", DType.BF16, 3)]
    [InlineData("yolo11n-cls-nc3-64", DType.F16, 4)]
    public void SixteenBitsAgreeAsFarAsTheyReach(string name, DType precision, int compared)
    {
        using var backend = new CpuBackend();
        var results = Verification.Run(backend, Shared.File("golden/" + name), precision);
        Assert.Equal(compared, results.Count);
        Assert.All(results, r => Assert.True(r.Passed, $"{r.Name}: {r.Deviation:E2}, allowed {r.Tolerance:E1}"));
    }

    [SharedTheory]
    [InlineData("yolo11n-nc3-128", YoloTask.Detect, 3)]
    [InlineData("yolo11n-seg-nc2-96", YoloTask.Segment, 2)]
    [InlineData("yolo11n-cls-nc3-64", YoloTask.Classify, 3)]
    public void WeightsAreRecognisedAndSurviveSavingAndLoading(string name, YoloTask task, int classes)
    {
        using var backend = new CpuBackend();
        string original = Shared.File($"golden/{name}.weights.safetensors");
        using var model = WeightsFile.Open(backend, original);
        Assert.Equal((task, 'n', classes), (model.Task, model.Spec.Size, model.Classes));
        using var folder = new TemporaryFolder();
        string path = folder.File("w.safetensors");
        WeightsFile.Save(model, path);
        var before = NativeTrain.Nn.Safetensors.Read(original);
        var after = NativeTrain.Nn.Safetensors.Read(path);
        Assert.Equal(before.Entries.Select(e => e.Name).Order(), after.Entries.Select(e => e.Name).Order());
        foreach (var e in before.Entries.Where(e => !e.Name.EndsWith("num_batches_tracked", StringComparison.Ordinal)))
        {
            Assert.Equal(e.Shape, after[e.Name].Shape);
            Assert.Equal(e.ToFloats(), after[e.Name].ToFloats());
        }
    }
}
