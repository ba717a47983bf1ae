using System.Runtime.InteropServices;
using Xunit;

namespace NativeTrain.Core.Tests.Ops;

public sealed class SumTests : OpTest
{
    [Theory]
    [InlineData(1)]
    [InlineData(17)]
    [InlineData(100_003)]
    public void IsTheSumInDoublePrecision(int count)
    {
        float[] x = Random(count, 1, 1, 100);
        var y = Blank(new Shape(1));
        Backend.Sum(New(x, new Shape(count)), y);
        Assert.Equal(x.Sum(v => (double)v), Values(y)[0], x.Sum(v => (double)v) * 1e-7);
    }

    [Fact]
    public void DoesNotDependOnThreads() => AssertThreadsAgree(backend =>
    {
        using var x = Tensor.Create(backend, new Shape(200_001));
        using var y = Tensor.Create(backend, new Shape(1));
        backend.Upload(MemoryMarshal.AsBytes(Random(x.Count, 1).AsSpan()), x);
        backend.Sum(x, y);
        return y.HostSpan<float>().ToArray();
    });
}
