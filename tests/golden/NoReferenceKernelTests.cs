using NativeTrain.Core;
using NativeTrain.Cpu;
using NativeTrain.Vision.Models;
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
        public void Run(string op, string pass, OpCost cost, Action kernel) => kernel();
    }

    [Theory]
    [InlineData('n')]
    [InlineData('s')]
    [InlineData('m')]
    public void NoConvolutionOfAStepRunsOnAReferenceKernel(char size)
    {
        var asked = new HashSet<(Conv2dShape Shape, int Pass)>();
        using var meta = new MetaBackend((shape, pass) =>
        {
            asked.Add((shape, pass));
            return "";
        });
        using var model = YoloModel.Create(meta, YoloSpec.BuiltIn(size), 3);
        using (var tape = new Tape(meta) { Observer = new Observer() })
        {
            using var images = Tensor.Create(meta, new Shape(16, 320, 320, 3));
            var head = (DetectOutput)model.Forward(tape, images);
            var loss = Core.Ops.DetectionLoss.Forward(tape, head.Box, head.Cls, head.Strides, [0, 1, 0.5f, 0.5f, 0.4f, 0.4f]);
            tape.Backward(loss.Loss);
        }
        using (var tape = new Tape(meta, record: false, training: false) { Observer = new Observer() })
        {
            using var images = Tensor.Create(meta, new Shape(32, 256, 352, 3));
            model.Forward(tape, images);
        }

        // The stem and a convolution of the head's last level stand for all that must have been asked about.
        for (int pass = 0; pass < 3; pass++)
        {
            Assert.True(asked.Count(a => a.Pass == pass) > 25, $"pass {pass}: {asked.Count(a => a.Pass == pass)} shapes");
            Assert.Contains(asked, a => a.Pass == pass && a.Shape is { N: 16, H: 10, W: 10, OC: 64, KH: 3 });
        }
        Assert.Contains(asked, a => a.Pass == 0 && a.Shape is { N: 16, H: 320, W: 320, IC: 3 });
        Assert.Contains(asked, a => a.Pass == 0 && a.Shape is { N: 32, H: 256, W: 352, IC: 3 });

        using var cpu = new CpuBackend();
        Assert.All(asked, a =>
        {
            string implementation = cpu.Conv2dImplementation(a.Shape, a.Pass);
            Assert.NotEmpty(implementation);
            Assert.False(implementation.Contains("ref", StringComparison.OrdinalIgnoreCase), $"{a.Shape} pass {a.Pass}: {implementation}");
        });
    }
}
