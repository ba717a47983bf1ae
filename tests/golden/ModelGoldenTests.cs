using NativeTrain.Core;
using NativeTrain.Cpu;
using NativeTrain.Testing;
using NativeTrain.Training;
using NativeTrain.Vision.Models;
using Xunit;

namespace NativeTrain.Golden.Tests;

/// <summary>The whole detector beside the reference's numbers: outputs, loss, every gradient, statistics, eval output.</summary>
public sealed class ModelGoldenTests
{
    [SharedFact]
    public void DetectorAgreesWithTheReference()
    {
        using var backend = new CpuBackend();
        var results = Verification.Run(backend, Shared.File("golden/yolo11n-nc3-128"));
        Assert.Equal(423, results.Count);
        Assert.All(results, r => Assert.True(r.Passed, $"{r.Name}: {r.Deviation:E2}, allowed {r.Tolerance:E1}"));
        Assert.Equal(0, backend.Allocator.LiveBytes);
    }

    [SharedFact]
    public void WeightsSurviveSavingAndLoading()
    {
        using var backend = new CpuBackend();
        using var model = WeightsFile.Open(backend, Shared.File("golden/yolo11n-nc3-128.weights.safetensors"));
        using var folder = new TemporaryFolder();
        string path = folder.File("w.safetensors");
        WeightsFile.Save(model, path);
        var before = NativeTrain.Nn.Safetensors.Read(Shared.File("golden/yolo11n-nc3-128.weights.safetensors"));
        var after = NativeTrain.Nn.Safetensors.Read(path);
        Assert.Equal(before.Entries.Select(e => e.Name).Order(), after.Entries.Select(e => e.Name).Order());
        foreach (var e in before.Entries.Where(e => !e.Name.EndsWith("num_batches_tracked", StringComparison.Ordinal)))
        {
            Assert.Equal(e.Shape, after[e.Name].Shape);
            Assert.Equal(e.ToFloats(), after[e.Name].ToFloats());
        }
    }
}
