using System.Runtime.InteropServices;
using NativeTrain.Core.Ops;
using NativeTrain.Gradients;
using Xunit;

namespace NativeTrain.Core.Tests.Ops;

/// <summary>Values; the gradients are checked with those of the other ops (MaskLossCases).</summary>
public sealed class MaskLossTests : OpTest
{
    private static readonly MaskCase.Level[] Levels = [new(8, 10, 8), new(4, 5, 16), new(2, 3, 32)];

    [Fact]
    public void AgreesWithItsDefinition()
    {
        var random = new Random(1);
        var c = new MaskCase(3, 32, Levels, [.. Enumerable.Range(0, 40).Select(i =>
        {
            float x = 60 * random.NextSingle(), y = 40 * random.NextSingle();
            return new MaskCase.Positive(i % 2, i * 2, i % 5, x, y, x + 2 + 30 * random.NextSingle(), y + 2 + 30 * random.NextSingle());
        })]);
        using var tape = new Tape(Backend, record: false);
        float[][] x = Inputs(c);
        var loss = c.Forward(tape, Upload(c, x));
        double expected = c.Plain([.. x.Select(v => Array.ConvertAll(v, e => (double)e))]);
        AssertClose([expected / 1e2], [Backend.ToFloats(loss.Loss)[0] / 1e2f], 1e-5);
        Assert.Equal(Backend.ToFloats(loss.Loss)[0] / 3, Backend.ToFloats(loss.Item)[0], 1e-3f);
    }

    [Fact]
    public void WithoutPositiveCellsItIsZeroAndSoAreTheGradients()
    {
        var c = new MaskCase(2, 4, Levels);
        using var tape = new Tape(Backend);
        var inputs = Upload(c, Inputs(c));
        var loss = c.Forward(tape, inputs);
        Assert.Equal(0, Backend.ToFloats(loss.Loss)[0]);
        tape.Backward(loss.Loss);
        Assert.All(inputs, t => Assert.All(Backend.ToFloats(t.Grad!), g => Assert.Equal(0, g)));
    }

    [Fact]
    public void PixelsOutsideTheBoxDoNotCount()
    {
        var c = new MaskCase(1, 3, Levels, new MaskCase.Positive(0, 5, 0, 16, 8, 48, 40));
        using var tape = new Tape(Backend);
        var inputs = Upload(c, Inputs(c));
        tape.Backward(c.Forward(tape, inputs).Loss);
        float[] gradient = Backend.ToFloats(inputs[^1].Grad!);
        for (int y = 0; y < 16; y++)
            for (int x = 0; x < 20; x++)
                Assert.Equal(x is >= 4 and < 12 && y is >= 2 and < 10, gradient.AsSpan((y * 20 + x) * 3, 3).ContainsAnyExcept(0f));
    }

    [Fact]
    public void ThreadsDoNotChangeABit() => AssertThreadsAgree(backend =>
    {
        var c = new MaskCase(3, 5, Levels, new(0, 3, 0, 4, 3, 70, 60), new(0, 26, 1, 10, 10, 47, 31), new(1, 7, 0, 0, 0, 48, 32), new(2, 7, 0, 8, 8, 78, 62));
        using var tape = new Tape(backend);
        Tensor[] inputs = [.. c.Shapes.Select(s => Tensor.Create(backend, s))];
        foreach (var (t, values) in inputs.Zip(Inputs(c)))
        {
            backend.Upload(MemoryMarshal.AsBytes(values.AsSpan()), t);
            t.RequiresGrad = true;
        }
        var loss = c.Forward(tape, inputs);
        float value = backend.ToFloats(loss.Loss)[0];
        tape.Backward(loss.Loss);
        float[] all = [value, .. inputs.SelectMany(t => backend.ToFloats(t.Grad!))];
        foreach (var t in inputs) t.Dispose();
        return all;
    });

    [Fact]
    public void MasksOfAnotherSizeThanThePrototypesAreRefused()
    {
        var c = new MaskCase(1, 3, Levels);
        using var tape = new Tape(Backend);
        var inputs = Upload(c, Inputs(c));
        var assigned = New(new float[(80 + 20 + 6) * 7], new Shape(1, 106, 7));
        var e = Assert.Throws<ArgumentException>(() => MaskLoss.Forward(tape, inputs[..^1], inputs[^1], [8, 16, 32], assigned, new int[64 * 80], 1));
        Assert.Contains("[1, 16, 20] like the prototypes", e.Message);
        Assert.Throws<ArgumentException>(() => MaskLoss.Forward(tape, inputs[..1], inputs[^1], [8], assigned, c.Masks, 1));
        Assert.Throws<ArgumentException>(() => MaskLoss.Forward(tape, inputs[..^1], inputs[^1], [8, 16], assigned, c.Masks, 1));
    }

    private static float[][] Inputs(MaskCase c) => [.. c.Shapes.Select((s, i) => Random(s.Count, 10 + i, 1))];

    private Tensor[] Upload(MaskCase c, float[][] values) => [.. c.Shapes.Zip(values, (shape, v) =>
    {
        var t = New(v, shape);
        t.RequiresGrad = true;
        return t;
    })];
}
