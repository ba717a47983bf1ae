using NativeTrain.Core.Ops;
using Xunit;

namespace NativeTrain.Core.Tests.Ops;

public sealed class DropoutTests : OpTest
{
    [Theory]
    [InlineData(0.1f)]
    [InlineData(0.5f)]
    [InlineData(0.9f)]
    public void DropsAboutItsShareAndScalesTheRest(float p)
    {
        float[] y = Run(20_000, p, key: 3, slice: false);
        Assert.All(y, v => Assert.True(v == 0 || Math.Abs(v - 1 / (1 - p)) < 1e-5 / (1 - p), $"{v}"));
        // Four standard deviations of the share.
        Assert.Equal(p, y.Count(v => v == 0) / 20_000.0, 4 * Math.Sqrt(p * (1 - p) / 20_000));
    }

    [Fact]
    public void TheKeyDecidesWhich()
    {
        float[] first = Run(1000, 0.5f, key: 1, slice: false);
        Assert.Equal(first, Run(1000, 0.5f, key: 1, slice: false));
        Assert.Equal(first, Run(1000, 0.5f, key: 1, slice: true));
        int same = first.Zip(Run(1000, 0.5f, key: 2, slice: false)).Count(v => v.First == v.Second);
        Assert.InRange(same, 400, 600);
    }

    [Fact]
    public void ThreadsDoNotChangeABit() => AssertThreadsAgree(backend =>
    {
        using var x = Tensor.Create(backend, new Shape(37, 50));
        backend.Fill(x, 1);
        backend.Dropout(x, x, 0.3f, 9, accumulate: false);
        return backend.ToFloats(x);
    });

    [Fact]
    public void WithoutTrainingOrProbabilityNothingIsDropped()
    {
        var x = New(Random(12, 1), new Shape(3, 4));
        using var training = new Tape(Backend);
        using var inference = new Tape(Backend, record: false, training: false);
        Assert.Same(x, Dropout.Forward(training, x, 0, 1));
        Assert.Same(x, Dropout.Forward(inference, x, 0.5f, 1));
        foreach (float p in (float[])[-0.1f, 1, float.NaN])
            Assert.Throws<ArgumentOutOfRangeException>(() => Dropout.Forward(training, x, p, 1));
    }

    /// <summary>Dropout of ones, in rows of ten.</summary>
    private float[] Run(int count, float p, ulong key, bool slice)
    {
        float[] ones = new float[count];
        Array.Fill(ones, 1);
        var shape = new Shape(count / 10, 10);
        var y = Blank(shape, slice);
        Backend.Dropout(New(ones, shape, slice), y, p, key, accumulate: false);
        return Values(y);
    }
}
