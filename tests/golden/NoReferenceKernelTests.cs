using NativeTrain.Core;
using NativeTrain.Core.Ops;
using NativeTrain.Cpu;
using NativeTrain.Vision.Models;
using NativeTrain.Vision.Segment;
using Xunit;

namespace NativeTrain.Golden.Tests;

/// <summary>
/// oneDNN falls back to implementations named "ref", hundreds of times slower, where a shape or layout does not suit
/// its fast ones. No convolution of a training or validation step may run on one. Which one is chosen depends on the
/// shape, so the shapes are those of a real training; the meta backend finds them without computing.
/// </summary>
public sealed class NoReferenceKernelTests
{
    /// <summary>Asks for every operation's cost, which names its implementation, and runs it.</summary>
    private sealed class Observer : ITapeObserver
    {
        public void Run(KernelLaunch launch, Action kernel) => kernel();
    }

    [Theory]
    [InlineData('n', YoloTask.Detect)]
    [InlineData('s', YoloTask.Detect)]
    [InlineData('m', YoloTask.Detect)]
    [InlineData('n', YoloTask.Segment)]
    public void NoConvolutionOfAStepRunsOnAReferenceKernel(char size, YoloTask task)
    {
        var asked = Ask(size, task, [(16, 320, 320), (32, 256, 352)]);
        // The stem and a convolution of the head's last level stand for all that must have been asked about.
        for (int pass = 0; pass < 3; pass++) Assert.Contains(asked, a => a.Pass == pass && a.Shape is { N: 16, H: 10, W: 10, OC: 64, KH: 3 });
        Assert.Contains(asked, a => a.Pass == 0 && a.Shape is { N: 16, H: 320, W: 320, IC: 3 });
        Assert.Contains(asked, a => a.Pass == 0 && a.Shape is { N: 32, H: 256, W: 352, IC: 3 });
        if (task == YoloTask.Segment) // the prototypes' transposed convolution
            Assert.All([0, 1, 2], pass => Assert.Contains(asked, a => a.Pass == pass && a.Shape is { N: 16, H: 80, W: 80, KH: 2, Stride: 2 }));
        AssertFast(asked);
    }

    [Fact]
    public void NorDoesOneOfAClassifiersStep()
    {
        var asked = Ask('n', YoloTask.Classify, [(64, 64, 64), (128, 64, 64)]);
        Assert.All([0, 1, 2], pass => Assert.Contains(asked, a => a.Pass == pass && a.Shape is { H: 64, IC: 1280, OC: 3 })); // the linear layer
        AssertFast(asked);
    }

    /// <summary>The convolutions of a training step, and of a validation step: images, height, width.</summary>
    private static HashSet<(Conv2dShape Shape, int Pass)> Ask(char size, YoloTask task, (int N, int H, int W)[] steps)
    {
        var asked = new HashSet<(Conv2dShape Shape, int Pass)>();
        using var meta = new MetaBackend((shape, pass) =>
        {
            asked.Add((shape, pass));
            return "";
        });
        using var model = YoloModel.Create(meta, YoloSpec.BuiltIn(size, task), 3);
        using (var tape = new Tape(meta) { Observer = new Observer() })
        {
            using var images = Tensor.Create(meta, new Shape(steps[0].N, steps[0].H, steps[0].W, 3));
            tape.Backward(Loss(tape, model.Forward(tape, images)));
        }
        using (var tape = new Tape(meta, record: false, training: false) { Observer = new Observer() })
        {
            using var images = Tensor.Create(meta, new Shape(steps[1].N, steps[1].H, steps[1].W, 3));
            model.Forward(tape, images);
        }
        return asked;
    }

    private static Tensor Loss(Tape tape, HeadOutput head)
    {
        float[] target = [0, 1, 0.5f, 0.5f, 0.4f, 0.4f];
        return head switch
        {
            SegmentOutput s => SegmentationLoss.Forward(tape, s, target, new int[s.Prototypes.Rows]).Loss,
            DetectOutput d => DetectionLoss.Forward(tape, d.Box, d.Cls, d.Strides, target).Loss,
            ClassifyOutput c => CrossEntropy.Forward(tape, c.Logits, new int[c.Logits.Rows]),
            _ => throw new InvalidOperationException(),
        };
    }

    private static void AssertFast(HashSet<(Conv2dShape Shape, int Pass)> asked)
    {
        for (int pass = 0; pass < 3; pass++)
            Assert.True(asked.Count(a => a.Pass == pass) > 20, $"pass {pass}: {asked.Count(a => a.Pass == pass)} shapes");
        using var cpu = new CpuBackend();
        Assert.All(asked, a =>
        {
            string implementation = cpu.Conv2dImplementation(a.Shape, a.Pass);
            Assert.NotEmpty(implementation);
            Assert.False(implementation.Contains("ref", StringComparison.OrdinalIgnoreCase), $"{a.Shape} pass {a.Pass}: {implementation}");
        });
    }
}
