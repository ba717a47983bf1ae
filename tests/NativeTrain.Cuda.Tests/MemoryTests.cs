using System.Runtime.InteropServices;
using NativeTrain.Core;
using NativeTrain.Testing;
using Xunit;

namespace NativeTrain.Cuda.Tests;

/// <summary>Bytes on their way to the device and back, whatever the way; and what is said where there is no room.</summary>
[Collection(Devices.Name)]
public sealed class MemoryTests(Devices devices)
{
    private readonly CudaBackend cuda = devices.Cuda;

    [Theory]
    [InlineData(1)]
    [InlineData(1000)]
    [InlineData((1 << 20) + 1)] // more than one slot of the ring
    [InlineData(5 << 20)] // more than all of them
    public void BytesComeBackAsTheyWere(int count)
    {
        byte[] sent = Noise(count, 1), got = new byte[count];
        using var t = Tensor.Create(cuda, new Shape(count), DType.U8);
        cuda.Upload(sent, t);
        cuda.Download(t, got);
        Assert.True(sent.AsSpan().SequenceEqual(got));
    }

    [Fact]
    public void PinnedBytesArriveWithAndWithoutPrefetch()
    {
        const int Count = 70_001;
        using var pinned = new Owner(cuda.AllocateHost(3 * Count));
        Noise(3 * Count, 2).CopyTo(pinned.Span);
        cuda.Prefetch(pinned.Span[..Count]);
        cuda.Prefetch(pinned.Span[Count..(2 * Count)]);
        for (int part = 0; part < 3; part++) Assert.True(RoundTrip(pinned.Span.Slice(part * Count, Count)));
        // A copy that was taken is not taken again: the bytes have changed since.
        pinned.Span.Clear();
        Assert.True(RoundTrip(pinned.Span[..Count]));
    }

    [Fact]
    public void AThirdPrefetchTakesTheFirstOnesPlaceAndNothingIsWrong()
    {
        const int Count = 4096;
        using var pinned = new Owner(cuda.AllocateHost(4 * Count));
        Noise(4 * Count, 3).CopyTo(pinned.Span);
        for (int part = 0; part < 4; part++) cuda.Prefetch(pinned.Span.Slice(part * Count, (part + 1) * Count / 4));
        for (int part = 3; part >= 0; part--) Assert.True(RoundTrip(pinned.Span.Slice(part * Count, (part + 1) * Count / 4)));
    }

    [Fact]
    public void WhatIsFreedIsForgotten()
    {
        const int Count = 1 << 16;
        for (int turn = 0; turn < 3; turn++)
        {
            using var pinned = new Owner(cuda.AllocateHost(Count)); // likely where the last one was
            Noise(Count, turn).CopyTo(pinned.Span);
            Assert.True(RoundTrip(pinned.Span));
            cuda.Prefetch(pinned.Span);
        }
    }

    [Fact]
    public void APartOfWhatWasPrefetchedIsUploadedAsAPart()
    {
        using var pinned = new Owner(cuda.AllocateHost(1000));
        Noise(1000, 4).CopyTo(pinned.Span);
        cuda.Prefetch(pinned.Span);
        Assert.True(RoundTrip(pinned.Span[..500]));
        Assert.True(RoundTrip(pinned.Span[500..]));
    }

    [Fact]
    public void UploadsDoNotOvertakeKernels()
    {
        // Each turn's upload goes where the turn before computes from.
        using Tensor x = Tensor.Create(cuda, new Shape(1 << 16)), sum = Tensor.Create(cuda, new Shape(1 << 16));
        using var pinned = new Owner(cuda.AllocateHost((int)x.Bytes));
        cuda.Zero(sum);
        for (int turn = 1; turn <= 5; turn++)
        {
            float[] ones = new float[1 << 16];
            Array.Fill(ones, turn);
            if (turn % 2 == 0)
            {
                cuda.Synchronize();
                MemoryMarshal.AsBytes(ones.AsSpan()).CopyTo(pinned.Span);
                cuda.Prefetch(pinned.Span);
                cuda.Upload(pinned.Span, x);
            }
            else
            {
                cuda.Upload(MemoryMarshal.AsBytes(ones.AsSpan()), x);
            }
            cuda.Copy(x, sum, accumulate: true);
        }
        Assert.All(cuda.ToFloats(sum), v => Assert.Equal(15, v));
    }

    [Fact]
    public void ZeroAndFillSetEveryElement()
    {
        using var t = Tensor.Create(cuda, new Shape(3, 17));
        cuda.Fill(t, 2.5f);
        Assert.All(cuda.ToFloats(t), v => Assert.Equal(2.5f, v));
        cuda.Zero(t);
        Assert.All(cuda.ToFloats(t), v => Assert.Equal(0, v));
    }

    [Fact]
    public void MemoryGoesBackToTheDevice()
    {
        long before = cuda.MemoryLeft.Bytes;
        Assert.False(cuda.MemoryLeft.OfHost);
        var t = Tensor.Create(cuda, new Shape(8 << 20), DType.U8);
        Assert.True(cuda.Allocator.HeldBytes >= 8 << 20);
        t.Dispose();
        cuda.Allocator.Trim();
        Assert.True(cuda.Allocator.HeldBytes < 8 << 20);
        Assert.True(cuda.MemoryLeft.Bytes > before - (8 << 20));
    }

    [Fact]
    public void ALimitThatIsPassedSaysSo()
    {
        using var limit = new EnvironmentVariable("NATIVETRAIN_MEMORY_LIMIT", "4194304");
        using var small = new CudaBackend();
        using var fits = Tensor.Create(small, new Shape(1 << 20), DType.U8);
        var e = Assert.Throws<OutOfDeviceMemoryException>(() => Tensor.Create(small, new Shape(8 << 20), DType.U8));
        Assert.Contains("NATIVETRAIN_MEMORY_LIMIT=4194304", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void MoreThanTheDeviceHasIsOutOfMemory()
    {
        int count = 0;
        var hoard = new List<Tensor>();
        try
        {
            Assert.Throws<OutOfDeviceMemoryException>(() =>
            {
                for (; count < 100_000; count++) hoard.Add(Tensor.Create(cuda, new Shape(1 << 30), DType.U8));
            });
        }
        finally
        {
            foreach (var t in hoard) t.Dispose();
            cuda.Allocator.Trim();
        }
        using var usable = Tensor.Create(cuda, new Shape(1 << 20), DType.U8);
        cuda.Zero(usable);
    }

    /// <summary>Whether bytes come back from the device as they are.</summary>
    private bool RoundTrip(ReadOnlySpan<byte> bytes)
    {
        byte[] got = new byte[bytes.Length];
        using var t = Tensor.Create(cuda, new Shape(bytes.Length), DType.U8);
        cuda.Upload(bytes, t);
        cuda.Download(t, got);
        return bytes.SequenceEqual(got);
    }

    private static byte[] Noise(int count, int seed)
    {
        byte[] bytes = new byte[count];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    private sealed class Owner(HostBlock block) : IDisposable
    {
        public Span<byte> Span => block.GetSpan();
        public void Dispose() => ((IDisposable)block).Dispose();
    }
}
