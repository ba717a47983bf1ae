using NativeTrain.Core;
using Xunit;

namespace NativeTrain.Cuda.Tests;

/// <summary>The device tells when it did what.</summary>
[Collection(Devices.Name)]
public sealed class TimingTests(Devices devices)
{
    [Fact]
    public void KernelsAndCopiesAreNotedInTheirOrder()
    {
        var backend = devices.Cuda;
        using var x = Tensor.Create(backend, new Shape(1, 8, 8, 16));
        using var y = Tensor.Create(backend, x.Shape);
        backend.Zero(x); // not noted
        backend.StartTiming();
        backend.Upload(new byte[x.Bytes], x);
        backend.SiluForward(x, y);
        backend.Zero(x);
        backend.Download(y, new byte[y.Bytes]);
        var spans = backend.StopTiming();
        backend.SiluForward(x, y); // no longer
        Assert.Equal(4, spans.Count);
        Assert.Equal("upload", spans[0].Name);
        Assert.StartsWith("silu_forward", spans[1].Name);
        Assert.Equal("memset", spans[2].Name);
        Assert.Equal("download", spans[3].Name);
        Assert.All(spans, s => Assert.True(s.Start >= 0 && s.End >= s.Start && s.Track == "compute", s.ToString()));
        Assert.All(spans.Zip(spans.Skip(1)), p => Assert.True(p.Second.Start >= p.First.Start, $"{p.First} {p.Second}"));
        Assert.Throws<InvalidOperationException>(() => backend.StopTiming());
    }
}
