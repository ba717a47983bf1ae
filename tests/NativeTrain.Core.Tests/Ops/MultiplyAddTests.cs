using Xunit;

namespace NativeTrain.Core.Tests.Ops;

public sealed class MultiplyAddTests : OpTest
{
    [Theory]
    [InlineData(1, 3)]
    [InlineData(80, 1)]
    [InlineData(1003, 7)]
    public void EveryNumberGoesThroughAllRounds(int count, int rounds)
    {
        float[] x = [.. Enumerable.Range(0, count).Select(i => i % 17 - 8f)];
        var t = New(x, new Shape(count));
        Backend.MultiplyAdd(t, rounds);
        double Expected(double v)
        {
            for (int i = 0; i < rounds; i++) v = v * 0.999 + 0.001;
            return v;
        }
        Assert.All(Values(t).Zip(x), p => Assert.Equal(Expected(p.Second), p.First, 1e-5));
    }

    [Theory]
    [InlineData(DType.F16, 7, 16)]
    [InlineData(DType.F16, 5000, 64)]
    [InlineData(DType.BF16, 7, 16)]
    [InlineData(DType.BF16, 5000, 4096)]
    public void SixteenBitProductsAreSummedInFloat(DType type, int count, int rounds)
    {
        float[] x = [.. Enumerable.Range(0, count).Select(i => i % 17 - 8f)];
        var t = New(x, new Shape(count));
        Backend.MultiplyAdd(t, rounds, type);
        Assert.All(Values(t).Zip(x), p => Assert.Equal(p.Second + rounds / 4096f, p.First, 1e-5f));
        Assert.ThrowsAny<Exception>(() => Backend.MultiplyAdd(t, 3, type));
    }
}
