using System.Runtime.InteropServices;
using NativeTrain.Core.Ops;
using Xunit;

namespace NativeTrain.Core.Tests.Ops;

public sealed class CrossEntropyTests : OpTest
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(7, 3)]
    [InlineData(64, 17)]
    [InlineData(3, 1000)]
    public void IsTheMeanOverRowsAndTheGradientFollows(int rows, int classes)
    {
        var shape = new Shape(rows, classes);
        float[] x = Random(shape.Count, 1, 8);
        var random = new Random(2);
        int[] truth = [.. Enumerable.Range(0, rows).Select(_ => random.Next(classes))];
        double loss = 0;
        double[] dx = new double[shape.Count];
        for (int r = 0; r < rows; r++)
        {
            double sum = 0;
            for (int i = 0; i < classes; i++) sum += Math.Exp(x[r * classes + i]);
            loss += (Math.Log(sum) - x[r * classes + truth[r]]) / rows;
            for (int i = 0; i < classes; i++) dx[r * classes + i] = 0.5 * (Math.Exp(x[r * classes + i]) / sum - (i == truth[r] ? 1 : 0)) / rows;
        }
        using var tape = new Tape(Backend);
        var logits = New(x, shape);
        logits.RequiresGrad = true;
        var value = CrossEntropy.Forward(tape, logits, truth);
        AssertClose([loss], Backend.ToFloats(value));
        tape.Backward(value, seed: 0.5f);
        AssertClose(dx, Backend.ToFloats(logits.Grad!));
    }

    [Fact]
    public void LargeLogitsDoNotOverflow()
    {
        using var tape = new Tape(Backend);
        AssertClose([1e4], Backend.ToFloats(CrossEntropy.Forward(tape, New([1e4f, 0, -1e4f], new Shape(1, 3)), [1])));
    }

    [Fact]
    public void ThreadsDoNotChangeABit() => AssertThreadsAgree(backend =>
    {
        using var tape = new Tape(backend);
        using var x = Tensor.Create(backend, new Shape(50, 33));
        backend.Upload(MemoryMarshal.AsBytes(Random(x.Count, 4).AsSpan()), x);
        return backend.ToFloats(CrossEntropy.Forward(tape, x, [.. Enumerable.Range(0, 50).Select(i => i % 33)]));
    });

    [Theory]
    [InlineData(new[] { 0, 3 }, "class 3 of 3")]
    [InlineData(new[] { 0, -1 }, "class -1 of 3")]
    [InlineData(new[] { 0 }, "1 classes for 2 rows")]
    public void ClassesThatDoNotFitAreRefused(int[] classes, string message)
    {
        using var tape = new Tape(Backend);
        var e = Assert.Throws<ArgumentException>(() => CrossEntropy.Forward(tape, New(Random(6, 5), new Shape(2, 3)), classes));
        Assert.Contains(message, e.Message);
    }
}
