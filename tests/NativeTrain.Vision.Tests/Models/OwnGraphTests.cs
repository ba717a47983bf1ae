using NativeTrain.Core;
using NativeTrain.Cpu;
using NativeTrain.Nn;
using NativeTrain.Testing;
using NativeTrain.Vision.Models;
using Xunit;

namespace NativeTrain.Vision.Tests;

/// <summary>A graph of the user's own: built, saved, read back, and refused with one clear line where it makes no sense.</summary>
public sealed class OwnGraphTests : IDisposable
{
    private const string Sizes = "sizes: {n: [0.5, 0.25, 1024], s: [0.5, 0.5, 1024]}\n";

    /// <summary>Two levels, strides 4 and 8.</summary>
    private const string Small = Sizes + """
        layers:
          - [-1, 1, Conv, [32, 3, 2]]
          - [-1, 1, Conv, [64, 3, 2]]
          - [-1, 1, C3k2, [64, False]]
          - [-1, 1, Conv, [128, 3, 2]]
          - [[2, 3], 1, Detect, []]
        """;

    private const string SmallSegment = Sizes + """
        layers:
          - [-1, 1, Conv, [32, 3, 2]]
          - [-1, 1, Conv, [64, 3, 2]]
          - [-1, 1, Conv, [64, 3, 2]]
          - [[1, 2], 1, Segment, [5, 64]]
        """;

    private const string SmallClassify = Sizes + """
        layers:
          - [-1, 1, Conv, [32, 3, 2]]
          - [-1, 1, Conv, [64, 3, 2]]
          - [-1, 1, Classify, []]
        """;

    private readonly TemporaryFolder folder = new();
    private readonly CpuBackend cpu = new();

    public void Dispose()
    {
        cpu.Dispose();
        folder.Dispose();
    }

    [Theory]
    [InlineData("own.yaml", Small, 'n', 8, YoloTask.Detect)]
    [InlineData("owns.yaml", Small, 's', 16, YoloTask.Detect)]
    [InlineData("owns-seg.yaml", SmallSegment, 's', 16, YoloTask.Segment)]
    [InlineData("my-cls.yaml", SmallClassify, 'n', 8, YoloTask.Classify)]
    public void ItsWeightsAreReadBack(string name, string graph, char size, int stem, YoloTask task)
    {
        var spec = YoloSpec.Resolve(folder.Write(name, graph));
        using var model = YoloModel.Create(cpu, spec, 3, seed: 5);
        string path = folder.File("w.safetensors");
        WeightsFile.Save(model, path, new Dictionary<string, string> { ["model"] = spec.Name });
        File.Delete(folder.File(name));

        using var read = WeightsFile.Open(cpu, path);
        Assert.Equal((spec.Name, size, 3), (read.Spec.Name, read.Spec.Size, read.Classes));
        Assert.Equal(task, read.Task);
        Assert.Equal(task == YoloTask.Classify ? [4] : [4, 8], read.Strides);
        Assert.Equal(stem, read.Layers[0].OutChannels);
        foreach (var (before, after) in model.NamedTensors().Zip(read.NamedTensors()))
        {
            Assert.Equal(before.Name, after.Name);
            Assert.Equal(WeightsFile.ToEntry(cpu, before.Name, before.Tensor).ToFloats(), WeightsFile.ToEntry(cpu, after.Name, after.Tensor).ToFloats());
        }

        // What was read can be trained on and saved again.
        WeightsFile.Save(read, folder.File("again.safetensors"), new Dictionary<string, string> { ["model"] = spec.Name });
        Assert.Equal(File.ReadAllBytes(path), File.ReadAllBytes(folder.File("again.safetensors")));
    }

    [Fact]
    public void TheBuiltInGraphIsNotWritten()
    {
        using var model = YoloModel.Create(cpu, YoloSpec.Resolve("yolo11n.yaml"), 1);
        string path = folder.File("w.safetensors");
        WeightsFile.Save(model, path);
        Assert.Empty(Safetensors.Read(path).Metadata);
    }

    [Theory]
    [InlineData("layers: 5", "n", "w.safetensors")]
    [InlineData(Small, "z", "size")]
    [InlineData(Small, "", "size")]
    public void ASpoiledGraphInAFileIsOneClearLine(string graph, string size, string message)
    {
        string path = folder.File("w.safetensors");
        Safetensors.Write(path, [], new Dictionary<string, string> { ["graph"] = graph, ["size"] = size });
        var e = Assert.Throws<InputException>(() => WeightsFile.Open(cpu, path));
        Assert.StartsWith(path, e.Message);
        Assert.Contains(message, e.Message);
        Assert.DoesNotContain('\n', e.Message);
    }

    [Theory]
    [InlineData("[-1, 1, C3k2, [64, false, half]]", "argument 3 of C3k2")]
    [InlineData("[-1, 1, C3k2, [64, false, 0.001]]", "argument 3 of C3k2")]
    [InlineData("[-1, 1, C3k2, [64, false, nan]]", "argument 3 of C3k2")]
    [InlineData("[-1, 1, C3k2, [64]]", "argument 2 of C3k2")]
    [InlineData("[-1, 1, C3k2, [64, maybe]]", "argument 2 of C3k2")]
    [InlineData("[-1, 1, Conv, [64, 2, 2]]", "kernel")]
    [InlineData("[-1, 1, Conv, [64, 3, 3]]", "stride")]
    [InlineData("[-1, 1, Conv, [64]]", "argument 2 of Conv")]
    [InlineData("[-1, 1, Conv, []]", "argument 1 of Conv")]
    [InlineData("[-1, 1, SPPF, [64, 4]]", "kernel")]
    [InlineData("[-1, 1, C2PSA, [64]]", "keeps its channels")]
    [InlineData("[[], 1, Conv, [64, 3, 2]]", "reads no layer")]
    [InlineData("[[], 1, Concat, []]", "reads no layer")]
    [InlineData("[[0, 1], 1, Conv, [64, 3, 2]]", "reads one layer")]
    [InlineData("[[-1, -3], 1, Concat, []]", "cannot read the image")]
    [InlineData("[[-1, -4], 1, Concat, []]", "reads a layer that is not before it")]
    [InlineData("[7, 1, Conv, [64, 3, 2]]", "reads a layer that is not before it")]
    [InlineData("[[-1, 0], 1, Concat, []]", "sizes differ")]
    [InlineData("[-3, 1, Upsample, []]", "cannot read the image")]
    [InlineData("[[0, 1], 1, Detect, []]", "Detect must be the last layer")]
    [InlineData("[[0, 1], 1, Segment, [32, 256]]", "Segment must be the last layer")]
    [InlineData("[-1, 1, Classify, []]", "Classify must be the last layer")]
    [InlineData("[[0, 1], 1, Classify, []]", "reads one layer")]
    [InlineData("[-1, 1, Pool, []]", "no block is called Pool")]
    public void AGraphThatMakesNoSenseNamesItsLayer(string layer, string message) =>
        Refuses($$"""
            layers:
              - [-1, 1, Conv, [32, 3, 2]]
              - [-1, 1, Conv, [128, 3, 2]]
              - {{layer}}
              - [[1, 2], 1, Detect, []]
            """, "layer 2: ", message);

    [Theory]
    [InlineData("layers: []", "the last layer must be Detect")]
    [InlineData("layers: [[-1, 1, Conv, [32, 3, 2]]]", "the last layer must be Detect")]
    [InlineData("layers: [[-1, 1, Detect, []]]", "layer 0: ")]
    [InlineData("layers: [[-1, 1, Classify, []]]", "layer 0: Classify cannot read the image")]
    [InlineData("layers: [[-1, 1, Conv, [32, 3, 2]], [-1, 1, Segment, [32]]]", "argument 2 of Segment")]
    [InlineData("layers: [[-1, 1, Conv, [32, 3, 2]], [-1, 1, Segment, []]]", "argument 1 of Segment")]
    [InlineData("layers: [[-1, 1, Upsample, []], [-1, 1, Detect, []]]", "layer 0: ")]
    [InlineData("layers: [[-1, 1, Conv, [32, 3, 2]], [[], 1, Detect, []]]", "layer 1: ")]
    [InlineData("layers: [[-1, 1, Conv, [32, 3, 2]], [[0, 0, 0, 0, 0, 0, 0, 0, 0], 1, Detect, []]]", "layer 1: ")]
    [InlineData("layers: [[-1, 1, Conv, [8, 3, 2]], [-1, 1, Conv, [8, 3, 2]], [-1, 1, Conv, [8, 3, 2]], [-1, 1, Conv, [8, 3, 2]], [-1, 1, Conv, [8, 3, 2]], [-1, 1, Conv, [8, 3, 2]], [-1, 1, Detect, []]]", "layer 5: ")]
    [InlineData("layers: [[-1, 1, Conv]]", "not a model")]
    [InlineData("layers", "own.yaml:2")]
    [InlineData("layers: {a: [}", "own.yaml:")]
    public void AGraphOfTheWrongFormIsOneClearLine(string layers, string message) => Refuses(layers, message);

    [Theory]
    [InlineData("[0.5, 0, 1024]")]
    [InlineData("[0.5, -1, 1024]")]
    [InlineData("[nan, 0.5, 1024]")]
    [InlineData("[0.5, 0.5, 0]")]
    [InlineData("[0.5, 0.5]")]
    public void AScaleMustBePositive(string scale)
    {
        string path = folder.Write("own.yaml", Small.Replace("[0.5, 0.25, 1024]", scale, StringComparison.Ordinal));
        Assert.Contains("not a model", Assert.Throws<InputException>(() => YoloSpec.Resolve(path)).Message);
    }

    private void Refuses(string layers, params string[] words)
    {
        string path = folder.Write("own.yaml", Sizes + layers);
        var e = Assert.Throws<InputException>(() => YoloModel.Create(cpu, YoloSpec.Resolve(path), 3).Dispose());
        Assert.Contains("own", e.Message);
        Assert.All(words, word => Assert.True(e.Message.Contains(word, StringComparison.Ordinal), e.Message));
        Assert.DoesNotContain('\n', e.Message);
    }
}
