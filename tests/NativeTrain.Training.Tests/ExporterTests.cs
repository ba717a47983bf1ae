using System.Text;
using NativeTrain.Core;
using NativeTrain.Cpu;
using NativeTrain.Nn;
using NativeTrain.Testing;
using NativeTrain.Vision.Models;
using Xunit;

namespace NativeTrain.Training.Tests;

/// <summary>What the export verb writes, and where. What an ONNX file computes is tested beside its writer.</summary>
public sealed class ExporterTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly CpuBackend cpu = new();

    public void Dispose()
    {
        cpu.Dispose();
        folder.Dispose();
    }

    /// <summary>Every tensor of the reference's own file, under its name, with its shape and values, and nothing else.</summary>
    [SharedTheory]
    [InlineData("yolo11n-nc3-128")]
    [InlineData("yolo11n-seg-nc2-96")]
    [InlineData("yolo11n-cls-nc3-64")]
    public void AStateDictIsTheReferences(string name)
    {
        string path = folder.File("state.safetensors");
        Exporter.Run(cpu, new ExportRequest(Shared.File($"golden/{name}.weights.safetensors"), ExportFormat.Safetensors, path));
        var expected = Golden.Read($"{name}.weights");
        var found = Safetensors.Read(path);
        Assert.Equal(expected.Entries.Select(e => e.Name).Order(), found.Entries.Select(e => e.Name).Order());
        foreach (var e in expected.Entries.Where(e => !e.Name.EndsWith("num_batches_tracked", StringComparison.Ordinal)))
        {
            Assert.Equal(e.Shape, found[e.Name].Shape);
            Assert.Equal(e.ToFloats(), found[e.Name].ToFloats());
        }
    }

    [Fact]
    public void TheFilesOwnSizeAndNamesAreUsed()
    {
        string weights = Weights(("names", "[\"ring\",\"disc\"]"), ("imgsz", "96"));
        var (path, h, w) = Exporter.Run(cpu, new ExportRequest(weights, ExportFormat.Onnx));
        Assert.Equal((folder.File("w.onnx"), 96, 96), (path, h, w));
        string text = Encoding.Latin1.GetString(File.ReadAllBytes(path));
        Assert.Contains("{0: 'ring', 1: 'disc'}", text);
        Assert.Contains("[96, 96]", text);
    }

    [Fact]
    public void AskedForSizesAreRoundedUp()
    {
        var (_, h, w) = Exporter.Run(cpu, new ExportRequest(Weights(), ExportFormat.Onnx, folder.File("m.onnx"), (70, 33)));
        Assert.Equal((96, 64), (h, w));
    }

    [Fact]
    public void AStateDictKeepsNamesAndSize()
    {
        string weights = Weights(("names", "[\"ring\",\"disc\"]"), ("imgsz", "96"), ("args", "seed=3"));
        var (path, _, _) = Exporter.Run(cpu, new ExportRequest(weights, ExportFormat.Safetensors));
        Assert.Equal(folder.File("w.state_dict.safetensors"), path);
        var metadata = Safetensors.Read(path).Metadata;
        Assert.Equal(["imgsz", "model", "names", "stride", "task"], metadata.Keys.Order());
        Assert.Equal("[\"ring\",\"disc\"]", metadata["names"]);
    }

    [Fact]
    public void TheModelItselfIsNotOverwritten()
    {
        string weights = Weights();
        byte[] before = File.ReadAllBytes(weights);
        var e = Assert.Throws<InputException>(() => Exporter.Run(cpu, new ExportRequest(weights, ExportFormat.Safetensors, weights)));
        Assert.Contains("the model itself", e.Message);
        Assert.Equal(before, File.ReadAllBytes(weights));
    }

    /// <summary>A new detector of two classes: w.safetensors.</summary>
    private string Weights(params (string Key, string Value)[] metadata)
    {
        using var model = YoloModel.Create(cpu, YoloSpec.BuiltIn('n'), 2);
        string path = folder.File("w.safetensors");
        WeightsFile.Save(model, path, metadata.ToDictionary(m => m.Key, m => m.Value));
        return path;
    }
}
