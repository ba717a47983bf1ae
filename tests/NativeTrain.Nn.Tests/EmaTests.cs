using NativeTrain.Core;
using NativeTrain.Cpu;
using Xunit;

namespace NativeTrain.Nn.Tests;

public sealed class EmaTests : IDisposable
{
    private readonly CpuBackend backend = new();
    private readonly Tensor weight;
    private readonly Tensor variance;

    public EmaTests()
    {
        weight = Tensor.Create(backend, new Shape(3, 2, 2, 5));
        variance = Tensor.Create(backend, new Shape(7));
        backend.Fill(weight, 1f);
        backend.Fill(variance, 2f);
    }

    public void Dispose()
    {
        weight.Dispose();
        variance.Dispose();
        backend.Dispose();
    }

    [Fact]
    public void FollowsTheFormula()
    {
        using var ema = NewEma();
        double expected = 1;
        for (int update = 1; update <= 20; update++)
        {
            backend.Fill(weight, update);
            ema.Update();
            double d = 0.9999 * (1 - Math.Exp(-update / 2000.0));
            expected = d * expected + (1 - d) * update;
        }
        Assert.Equal(20, ema.Updates);
        foreach (float v in ema.Averages[0].Tensor.HostSpan<float>()) Assert.Equal(expected, v, 5);
        foreach (float v in ema.Averages[1].Tensor.HostSpan<float>()) Assert.Equal(2.0, v, 5);
    }

    [Fact]
    public void SwappingExchangesContentsWithoutAllocating()
    {
        using var ema = NewEma();
        backend.Fill(weight, 5f);
        long live = backend.Allocator.LiveBytes;
        backend.Allocator.ResetPeak();

        ema.SwapIn();
        Assert.All(weight.HostSpan<float>().ToArray(), v => Assert.Equal(1f, v));
        Assert.All(ema.Averages[0].Tensor.HostSpan<float>().ToArray(), v => Assert.Equal(5f, v));
        Assert.Throws<InvalidOperationException>(ema.SwapIn);
        Assert.Throws<InvalidOperationException>(ema.Update);
        ema.SwapOut();
        Assert.All(weight.HostSpan<float>().ToArray(), v => Assert.Equal(5f, v));
        Assert.Throws<InvalidOperationException>(ema.SwapOut);

        Assert.Equal(live, backend.Allocator.LiveBytes);
        Assert.Equal(live, backend.Allocator.PeakBytes);
    }

    [Fact]
    public void TensorsOfOneShapeKeepTheirOwnContents()
    {
        using var a = Tensor.Create(backend, new Shape(7, 60, 80));
        using var b = Tensor.Create(backend, new Shape(7, 60, 80));
        backend.Fill(a, 1f);
        backend.Fill(b, 2f);
        using var ema = new Ema(backend, [("a", a), ("b", b)]);
        Tensor[] all = [a, b, ema.Averages[0].Tensor, ema.Averages[1].Tensor];
        backend.Fill(a, 3f);
        backend.Fill(b, 4f);

        ema.SwapIn();
        AssertFilled(1, 2, 3, 4);
        ema.SwapOut();
        AssertFilled(3, 4, 1, 2);

        void AssertFilled(params float[] expected) =>
            Assert.All(all, (t, i) => Assert.Equal(-1, t.HostSpan<float>().IndexOfAnyExcept(expected[i])));
    }

    [Fact]
    public void DisposeFreesTheAverages()
    {
        long before = backend.Allocator.LiveBytes;
        NewEma().Dispose();
        Assert.Equal(before, backend.Allocator.LiveBytes);
    }

    private Ema NewEma() => new(backend, [("w", weight), ("v", variance)]);
}
