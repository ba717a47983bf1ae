using NativeTrain.Core;
using NativeTrain.Core.Ops;
using NativeTrain.Cpu;
using NativeTrain.Vision.Models;
using NativeTrain.Vision.Segment;
using Xunit;

namespace NativeTrain.Vision.Tests;

/// <summary>The detection loss and the mask loss as one; each of them is tested by itself, and both beside the reference's numbers.</summary>
public sealed class SegmentationLossTests : IDisposable
{
    /// <summary>Two images; the first has two objects.</summary>
    private static readonly float[] Targets = [0, 1, 0.5f, 0.5f, 0.6f, 0.7f, 0, 0, 0.3f, 0.4f, 0.2f, 0.3f, 1, 1, 0.6f, 0.5f, 0.5f, 0.4f];

    private readonly CpuBackend cpu = new();
    private readonly YoloModel model;
    private readonly Tensor images;
    private readonly int[] masks = new int[2 * 16 * 16];

    public SegmentationLossTests()
    {
        model = YoloModel.Create(cpu, YoloSpec.Resolve("yolo11n-seg"), 2, seed: 1);
        images = Tensor.Create(cpu, new Shape(2, 64, 64, 3));
        var random = new Random(1);
        foreach (ref float v in images.HostSpan<float>()) v = random.NextSingle();
        for (int i = 0; i < masks.Length; i++) masks[i] = random.Next(i < 256 ? 3 : 2);
    }

    public void Dispose()
    {
        images.Dispose();
        model.Dispose();
        cpu.Dispose();
    }

    [Fact]
    public void ItemsAreBoxSegClsDflAndTheLossTheirSumTimesTheImages()
    {
        using var tape = new Tape(cpu);
        var head = (SegmentOutput)model.Forward(tape, images);
        var loss = SegmentationLoss.Forward(tape, head, Targets, masks);
        float[] items = cpu.ToFloats(loss.Items), detect = cpu.ToFloats(DetectionLoss.Forward(tape, head.Box, head.Cls, head.Strides, Targets).Items);
        Assert.Equal(detect, new[] { items[0], items[2], items[3] });
        Assert.True(items[1] > 0);
        Assert.Equal(2 * items.Sum(), cpu.ToFloats(loss.Loss)[0], 1e-3f);
    }

    [Fact]
    public void TheBoxesGainIsTheMasksToo()
    {
        float[] usual = Items(new DetectionLossOptions()), doubled = Items(new DetectionLossOptions { BoxGain = 15 });
        Assert.Equal(2 * usual[1], doubled[1], 1e-3f);
    }

    [Fact]
    public void PrototypesAndCoefficientsLearn()
    {
        using var tape = new Tape(cpu);
        tape.Backward(SegmentationLoss.Forward(tape, (SegmentOutput)model.Forward(tape, images), Targets, masks).Loss);
        // Objects of this size go to cells of the finest level.
        var learning = model.Parameters.Where(p => p.Name.Contains(".proto.") || p.Name.Contains(".cv4.0.")).ToList();
        Assert.Equal(19, learning.Count);
        Assert.All(learning, p => Assert.True(cpu.ToFloats(p.Grad).Any(g => g != 0), p.Name));
    }

    [Fact]
    public void MasksOfAnotherSizeAreRefused()
    {
        using var tape = new Tape(cpu);
        var head = (SegmentOutput)model.Forward(tape, images);
        Assert.Contains("like the prototypes", Assert.Throws<ArgumentException>(() => SegmentationLoss.Forward(tape, head, Targets, new int[2 * 64 * 64])).Message);
    }

    private float[] Items(DetectionLossOptions options)
    {
        using var tape = new Tape(cpu);
        return cpu.ToFloats(SegmentationLoss.Forward(tape, (SegmentOutput)model.Forward(tape, images), Targets, masks, options).Items);
    }
}
