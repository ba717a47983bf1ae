using System.Runtime.InteropServices;
using NativeTrain.Core.Ops;
using Xunit;

namespace NativeTrain.Core.Tests.Ops;

public sealed class LinearTests : OpTest
{
    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(5, 17, 3)]
    [InlineData(64, 1280, 10)]
    [InlineData(2, 1280, 1000)]
    public void AgreesWithPlainLoops(int n, int inputs, int outputs)
    {
        using var weight = NewParameter(new Shape(outputs, inputs), 1);
        using var bias = NewParameter(new Shape(outputs), 2);
        float[] x = Random(n * inputs, 3), w = Backend.ToFloats(weight.Value), b = Backend.ToFloats(bias.Value);
        var y = new double[n * outputs];
        for (int r = 0; r < n; r++)
            for (int o = 0; o < outputs; o++)
            {
                double sum = b[o];
                for (int i = 0; i < inputs; i++) sum += (double)x[r * inputs + i] * w[o * inputs + i];
                y[r * outputs + o] = sum;
            }
        using var tape = new Tape(Backend, record: false);
        AssertClose(y, Backend.ToFloats(Linear.Forward(tape, New(x, new Shape(n, inputs)), weight, bias)), 1e-5);
    }

    [Fact]
    public void WhatDoesNotFitIsRefused()
    {
        using var weight = NewParameter(new Shape(3, 5), 1);
        using var bias = NewParameter(new Shape(3), 2);
        using var tape = new Tape(Backend);
        Assert.Throws<ArgumentException>(() => Linear.Forward(tape, New(Random(8, 3), new Shape(2, 4)), weight, bias));
        Assert.Throws<ArgumentException>(() => Linear.Forward(tape, New(Random(10, 3), new Shape(2, 5)), weight, weight));
        Assert.Throws<ArgumentException>(() => Linear.Forward(tape, New(Random(10, 3), new Shape(2, 5), slice: true), weight, bias));
        Assert.Throws<ArgumentException>(() => Linear.Forward(tape, New(Random(10, 3), new Shape(1, 1, 2, 5)), weight, bias));
    }

    private Parameter NewParameter(Shape shape, int seed)
    {
        var p = new Parameter(Backend, shape, ParameterKind.Weight);
        Backend.Upload(MemoryMarshal.AsBytes(Random(shape.Count, seed, 0.1f).AsSpan()), p.Value);
        return p;
    }
}
