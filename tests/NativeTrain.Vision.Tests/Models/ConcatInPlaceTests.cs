using System.Runtime.InteropServices;
using NativeTrain.Core;
using NativeTrain.Core.Ops;
using NativeTrain.Cpu;
using NativeTrain.Testing;
using NativeTrain.Vision.Models;
using Xunit;

namespace NativeTrain.Vision.Tests;

/// <summary>Layers that write into the concat that reads them compute what the concat that copies does.</summary>
public sealed class ConcatInPlaceTests : IDisposable
{
    /// <summary>
    /// A layer in two concats, one twice in a concat, a concat of a concat, upsampled maps that a convolution reads and that it
    /// does not, a layer that only concats read.
    /// </summary>
    private const string Odd = """
        sizes: {n: [0.5, 0.25, 1024]}
        layers:
          - [-1, 1, Conv, [32, 3, 2]]
          - [-1, 1, Conv, [32, 3, 2]]
          - [-1, 1, SPPF, [48, 3]]
          - [[1, 2], 1, Concat, []]
          - [-1, 1, Conv, [64, 3, 2]]
          - [-1, 1, C2PSA, [64]]
          - [-1, 1, Upsample, []]
          - [[6, 2, 3, 2], 1, Concat, []]
          - [-1, 1, C3k2, [64, False]]
          - [5, 1, Upsample, []]
          - [-1, 1, Conv, [32, 1, 1]]
          - [[9, 10, 1], 1, Concat, []]
          - [-1, 1, Conv, [64, 3, 2]]
          - [[8, 11, 12, 5], 1, Detect, []]
        """;

    /// <summary>Layer 2 is read, by a concat and by an upsampling, after the last reader of the concat that it writes into.</summary>
    private const string Late = """
        sizes: {n: [0.5, 0.25, 1024]}
        layers:
          - [-1, 1, Conv, [32, 3, 2]]
          - [-1, 1, Conv, [32, 3, 2]]
          - [-1, 1, SPPF, [48, 3]]
          - [[1, 2], 1, Concat, []]
          - [-1, 1, Conv, [64, 3, 2]]
          - [-1, 1, Upsample, []]
          - [[5, 2, 2], 1, Concat, []]
          - [2, 1, Upsample, []]
          - [[7, 0], 1, Concat, []]
          - [-1, 1, Conv, [32, 3, 2]]
          - [[6, 9], 1, Concat, []]
          - [-1, 1, Conv, [64, 3, 2]]
          - [[10, 11, 4], 1, Detect, []]
        """;

    private readonly TemporaryFolder folder = new();
    private readonly CpuBackend cpu = new();

    public void Dispose()
    {
        cpu.Dispose();
        folder.Dispose();
    }

    private YoloSpec Spec(string graph) => YoloSpec.Resolve(graph switch { "odd" => folder.Write("odd.yaml", Odd), "late" => folder.Write("late.yaml", Late), _ => graph });

    [Theory]
    [InlineData("odd", 32)]
    [InlineData("late", 32)]
    [InlineData("yolo11n.yaml", 64)]
    public void OutputsAndGradientsAreThoseOfCopying(string graph, int size)
    {
        float[][] inPlace = Trained(Spec(graph), size, inPlace: true), copied = Trained(Spec(graph), size, inPlace: false);
        Assert.Contains(copied[^1], g => g != 0);
        float largest = copied.Max(t => t.Max(MathF.Abs));
        for (int i = 0; i < copied.Length; i++) AssertClose(copied[i], inPlace[i], 1e-6f * largest);
    }

    [Theory]
    [InlineData("odd", 32)]
    [InlineData("late", 32)]
    [InlineData("yolo11n.yaml", 64)]
    public void InferenceGivesTheSameAndFreesAll(string graph, int size)
    {
        float[][] outputs = [.. new[] { true, false }.Select(inPlace =>
        {
            using var model = YoloModel.Create(cpu, Spec(graph), 3, seed: 1);
            model.WritesConcatsInPlace = inPlace;
            long before = cpu.Allocator.LiveBytes;
            float[] all;
            using (var tape = new Tape(cpu, record: false, training: false))
                all = [.. Maps((DetectOutput)model.Forward(tape, Images(tape, size))).SelectMany(cpu.ToFloats)];
            Assert.Equal(before, cpu.Allocator.LiveBytes);
            return all;
        })];
        Assert.Equal(outputs[1], outputs[0]);
    }

    /// <summary>Of yolo11n's concats only those inside C2PSA are copied; before a head that learns alone, all are.</summary>
    [Theory]
    [InlineData(0, 2)]
    [InlineData(23, 0)]
    public void FewConcatsAreCopied(int frozen, int expected)
    {
        using var model = YoloModel.Create(cpu, YoloSpec.BuiltIn('n'), 3);
        model.Freeze(Enumerable.Range(0, frozen));
        var counter = new Counter();
        using var tape = new Tape(cpu) { Observer = counter };
        model.Forward(tape, Images(tape, 64));
        Assert.Equal(expected, counter.ConcatNodes.Count(n => n == "model.10"));
        Assert.Equal(frozen == 0 ? 2 : 6, counter.Copied);
    }

    private float[][] Trained(YoloSpec spec, int size, bool inPlace)
    {
        using var model = YoloModel.Create(cpu, spec, 3, seed: 1);
        model.WritesConcatsInPlace = inPlace;
        using var tape = new Tape(cpu);
        var output = (DetectOutput)model.Forward(tape, Images(tape, size));
        float[][] maps = [.. Maps(output).Select(cpu.ToFloats)];
        tape.Backward(DetectionLoss.Forward(tape, output.Box, output.Cls, output.Strides, [0, 1, 0.5f, 0.5f, 0.6f, 0.4f, 1, 2, 0.3f, 0.6f, 0.2f, 0.5f]).Loss);
        return [.. maps, .. model.Parameters.Select(p => cpu.ToFloats(p.Grad))];
    }

    private static IEnumerable<Tensor> Maps(DetectOutput output) => output.Box.Concat(output.Cls);

    private Tensor Images(Tape tape, int size)
    {
        var x = tape.New(new Shape(2, size, size, 3));
        x.RequiresGrad = false;
        var random = new Random(7);
        float[] values = [.. Enumerable.Range(0, (int)x.Count).Select(_ => random.NextSingle())];
        cpu.Upload(MemoryMarshal.AsBytes(values.AsSpan()), x);
        return x;
    }

    /// <summary>Sums of several gradients may be added up in another order; <paramref name="noise"/> is what a gradient that is zero may be off.</summary>
    private static void AssertClose(float[] expected, float[] actual, float noise)
    {
        double largest = expected.Max(MathF.Abs);
        for (int i = 0; i < expected.Length; i++)
            Assert.True(Math.Abs(expected[i] - actual[i]) <= 1e-4 * largest + noise, $"{i}: expected {expected[i]:g9}, got {actual[i]:g9}, the largest is {largest:g3}");
    }

    private sealed class Counter : ITapeObserver
    {
        public List<string> ConcatNodes { get; } = [];
        public int Copied { get; private set; }

        public void Run(KernelLaunch launch, Action kernel)
        {
            if (launch.Op == "concat") Copied++;
            kernel();
        }

        public void Recorded(TapeNode node)
        {
            if (node.Op == "concat") ConcatNodes.Add(node.Layer);
        }
    }
}
