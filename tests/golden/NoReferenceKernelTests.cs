using NativeTrain.Core;
using NativeTrain.Cpu;
using NativeTrain.Training;
using NativeTrain.Vision.Models;
using Xunit;

namespace NativeTrain.Golden.Tests;

/// <summary>
/// oneDNN falls back to implementations named "ref", hundreds of times slower, where a shape or layout does not suit
/// its fast ones. No convolution of a training or validation step may run on one.
/// </summary>
public sealed class NoReferenceKernelTests
{
    private sealed class Implementations : ITapeObserver
    {
        public HashSet<string> Seen { get; } = [];

        public void Run(string op, string pass, OpCost cost, Action kernel)
        {
            if (!string.IsNullOrEmpty(cost.Implementation)) Seen.Add($"{op} {pass}: {cost.Implementation}");
            kernel();
        }
    }

    [Theory]
    [InlineData('n')]
    [InlineData('s')]
    [InlineData('m')]
    public void NoConvolutionOfAStepRunsOnAReferenceKernel(char size)
    {
        using var backend = new CpuBackend();
        using var model = DetectionModel.Create(backend, YoloSpec.BuiltIn(size), 80);
        var seen = new Implementations();
        using var image = Tensor.Create(backend, new Shape(1, 64, 96, 3));
        backend.Fill(image, 0.5f);
        using (var tape = new Tape(backend) { Observer = seen })
        {
            var head = model.Forward(tape, image);
            var loss = Core.Ops.DetectionLoss.Forward(tape, head.Box, head.Cls, head.Strides, [0, 1, 0.5f, 0.5f, 0.4f, 0.4f]);
            tape.Backward(loss.Loss);
        }
        using (var tape = new Tape(backend, record: false, training: false) { Observer = seen })
            model.Forward(tape, image);
        foreach (string pass in (string[])["forward", "backward_data", "backward_weight"])
            Assert.Contains(seen.Seen, s => s.StartsWith($"conv2d {pass}: ", StringComparison.Ordinal));
        Assert.DoesNotContain(seen.Seen, s => s.Contains("ref", StringComparison.OrdinalIgnoreCase));
    }
}
