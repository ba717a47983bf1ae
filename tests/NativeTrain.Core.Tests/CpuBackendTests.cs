using NativeTrain.Cpu;
using Xunit;

namespace NativeTrain.Core.Tests;

/// <summary>Threads, memory and failures of the CPU backend.</summary>
[Collection("convolutions")]
public sealed class CpuBackendTests : IDisposable
{
    private readonly CpuBackend backend = new();

    public void Dispose() => backend.Dispose();

    [Fact]
    public void TheThreadCountHoldsOnEveryThread()
    {
        using var restored = new RestoredThreads();
        using var three = new CpuBackend(threads: 3);
        int seen = 0;
        var other = new Thread(() => seen = three.Threads);
        other.Start();
        other.Join();
        Assert.Equal(3, seen);
    }

    [Fact]
    public void ABackendWithoutAThreadCountKeepsTheOneThatWasChosen()
    {
        using var restored = new RestoredThreads();
        using var three = new CpuBackend(threads: 3);
        using var any = new CpuBackend();
        Assert.Equal(3, any.Threads);
    }

    /// <summary>The addresses of a backend that is gone may be another's by then.</summary>
    [Fact]
    public void ASecondDisposeTakesNothingFromOthers()
    {
        var gone = new CpuBackend();
        gone.Dispose();
        using var next = new CpuBackend();
        gone.Dispose();
        using var t = Tensor.Create(next, new Shape(4));
        next.Fill(t, 7);
        Assert.All(t.HostSpan<float>().ToArray(), v => Assert.Equal(7, v));
    }

    [Fact]
    public void CopiesOfManyTensorsMustFit()
    {
        using Tensor a = Tensor.Create(backend, new Shape(2, 6)), b = Tensor.Create(backend, new Shape(2, 3)), c = Tensor.Create(backend, new Shape(2, 3), DType.I32);
        Assert.Throws<ArgumentException>(() => backend.CopyAll([a], [b]));
        Assert.Throws<ArgumentException>(() => backend.CopyAll([b], [c]));
        Assert.Throws<ArgumentException>(() => backend.CopyAll([a, b], [a]));
        Assert.Throws<ArgumentException>(() => backend.CopyAll([a.Slice(0, 3)], [b]));
    }

    [Fact]
    public void ASliceIsNotOneBlockOfMemory()
    {
        using var whole = Tensor.Create(backend, new Shape(2, 6));
        backend.Fill(whole, 7);
        var slice = whole.Slice(2, 3);
        var numbers = new byte[slice.Bytes];
        Assert.Throws<ArgumentException>(() => backend.Zero(slice));
        Assert.Throws<ArgumentException>(() => backend.Fill(slice, 1));
        Assert.Throws<ArgumentException>(() => backend.Upload(numbers, slice));
        Assert.Throws<ArgumentException>(() => backend.Download(slice, numbers));
        Assert.All(whole.HostSpan<float>().ToArray(), v => Assert.Equal(7, v));
    }

    [Fact]
    public void BytesCannotBeFilledWithFloats()
    {
        using var bytes = Tensor.Create(backend, new Shape(16), DType.U8);
        Assert.Throws<ArgumentException>(() => backend.Fill(bytes, 1));
    }

    /// <summary>N, H, W, IC, OC, KH, KW, stride, pad, groups: small maps under strides whose windows would fill the address space.</summary>
    public static TheoryData<Conv2dShape> Endless => new()
    {
        new Conv2dShape(1, 1, 1, 1, 1, 131072, 1, 1 << 28, 1 << 28, 1),
        new Conv2dShape(1, 1, 1, 2, 2, 3, 3, 1 << 28, 1 << 28, 2),
    };

    [Theory, MemberData(nameof(Endless))]
    public void MemoryThatAComputeThreadDoesNotGetIsLackOfDeviceMemory(Conv2dShape s)
    {
        using var forced = new Ops.ForcedConvolutions("direct");
        using var x = Tensor.Create(backend, new Shape(1, 1, 1, s.IC));
        using var w = Tensor.Create(backend, new Shape(s.OC, s.KH, s.KW, s.IC / s.Groups));
        using var y = Tensor.Create(backend, new Shape(1, s.OH, s.OW, s.OC));
        foreach (var t in (Tensor[])[x, w, y]) backend.Zero(t);
        var e = Assert.Throws<OutOfDeviceMemoryException>(() => backend.Conv2dBackwardWeight(x, y, w, null, s));
        Assert.Contains("bad_alloc", e.Message, StringComparison.Ordinal);
        if (s.Groups > 1) return; // at this stride only the weight gradient is the library's own
        e = Assert.Throws<OutOfDeviceMemoryException>(() => backend.Conv2dForward(x, w, null, y, s));
        Assert.Contains("bad_alloc", e.Message, StringComparison.Ordinal);
    }
}
