using NativeTrain.Core;
using NativeTrain.Core.Ops;
using NativeTrain.Vision.Models;
using Xunit;

namespace NativeTrain.Training.Tests;

/// <summary>The graph of a step, walked on the backend that computes nothing.</summary>
public sealed class StepGraphTests
{
    private static StepRecorder Record(YoloTask task)
    {
        using var meta = new MetaBackend();
        using var step = new BenchStep(meta, YoloSpec.BuiltIn('n', task), classes: 3, imgsz: 64, batch: 2, DType.F32);
        var graph = new StepRecorder();
        step.Run(graph);
        return graph;
    }

    [Theory]
    [InlineData(YoloTask.Detect)]
    [InlineData(YoloTask.Segment)]
    [InlineData(YoloTask.Classify)]
    public void EveryNodeHasAFormulaItsReasonsAndItsSources(YoloTask task)
    {
        var graph = Record(task);
        Assert.All(graph.Nodes.Where(n => n.Outputs.Count > 0), n => Assert.True(OpFormula.Of(n.Op) is not null, $"{n.Op} has no formula"));
        Assert.All(graph.Nodes.SelectMany(n => n.Saved.Select(s => (n.Op, s))), s => Assert.True(s.s.Why.Length > 0, $"{s.Op} does not say why it keeps {s.s.Name}"));
        foreach (var (_, launch) in graph.Nodes.SelectMany(n => n.Forward.Concat(n.Backward)))
        {
            Assert.True(KernelFiles.Cpu(launch.Op, launch.Pass, "").Count > 0, $"no file in native/cpu is known for {launch.Op} {launch.Pass}");
            Assert.True(KernelFiles.Cuda(launch.Op, launch.Pass, "").Count > 0, $"no file in kernels is known for {launch.Op} {launch.Pass}");
        }
    }

    [Theory]
    [InlineData("winograd", "forward", "conv2d_winograd")]
    [InlineData("winograd", "backward_weight", "conv2d_winograd_weight")]
    [InlineData("rows:avx512", "backward_data", "conv2d_rows")]
    [InlineData("rows:avx512", "backward_weight", "conv2d_rows_weight")]
    [InlineData("in_place:avx512", "backward_weight", "conv2d_in_place_weight")]
    [InlineData("pairs:avx512_bf16", "backward_weight", "conv2d_pairs_weight")]
    [InlineData("depthwise:avx512", "forward", "conv2d_depthwise_3x3")]
    [InlineData("depthwise", "backward_weight", "conv2d_depthwise")]
    [InlineData("brgconv:avx512_core", "forward", "conv2d_onednn")]
    [InlineData("brgconv:avx512_core", "forward", "conv2d_onednn_cache")]
    [InlineData("direct:avx2", "forward", "conv2d_direct_correlation")]
    [InlineData("direct:avx2", "backward_weight", "conv2d_direct_weight")]
    public void AConvolutionsSourceIsThatOfItsWay(string implementation, string pass, string file) =>
        Assert.Contains($"native/cpu/{file}.cpp", KernelFiles.Cpu("conv2d", pass, implementation));

    [Fact]
    public void ANodeReadsWhatOthersMadeThroughSlicesToo()
    {
        var nodes = Record(YoloTask.Detect).Nodes;
        NodeRecord Node(string name) => Assert.Single(nodes, n => n.Name == name);
        Assert.Equal(["model.0.conv"], Names(Node("model.0.bn")));
        // The concat of a C3k2 is written in place by the passes that make its pieces.
        Assert.Equal(["model.2.cv1.bn", "model.2.m.0.cv2.bn"], Names(Node("model.2.cv2.conv")));
        Assert.Equal(["model.2.cv1.bn"], Names(Node("model.2.m.0.cv1.conv")));
        // Layer 12 joins the upsampled map and layer 6.
        Assert.Equal(["model.6.cv2.bn", "model.11.upsample2x"], Names(Node("model.12.concat")));
        Assert.Equal(6, Node("loss.detection_loss").From.Count);
        string[] Names(NodeRecord n) => [.. n.From.Select(f => nodes[f].Name)];
    }

    [Fact]
    public void LaunchesBelongToTheirNodes()
    {
        var graph = Record(YoloTask.Detect);
        var nodes = graph.Nodes;
        var bn = nodes.First(n => n.Name == "model.1.bn");
        Assert.Equal(["statistics", "forward"], bn.Forward.Select(l => l.Launch.Pass));
        Assert.Equal(["backward"], bn.Backward.Select(l => l.Launch.Pass));
        Assert.Equal(["backward_weight", "backward_data"], nodes.First(n => n.Name == "model.1.conv").Backward.Select(l => l.Launch.Pass));
        Assert.Equal("input.u8_to_f32", nodes[0].Name);
        Assert.Equal("optimizer", nodes[^1].Name);
        Assert.Equal(Enumerable.Range(0, graph.Launches), nodes.SelectMany(n => n.Forward.Concat(n.Backward)).Select(l => l.Order).Order());
    }

    [Fact]
    public void WhatAConvolutionReadsIsKeptByTheOneThatMadeIt()
    {
        var nodes = Record(YoloTask.Detect).Nodes;
        var saved = Assert.Single(nodes.First(n => n.Name == "model.1.conv").Saved);
        Assert.Equal(("x", "model.0.bn", 2L * 32 * 32 * 16 * 4), (saved.Name, nodes[saved.By].Name, saved.Bytes));
    }
}
