using NativeTrain.Cpu;
using Xunit;

namespace NativeTrain.Core.Tests.Memory;

/// <summary>Where the allocator puts blocks, and how much memory it holds for them.</summary>
public sealed class ArenaAllocatorTests
{
    /// <summary>Pages that count what is behind them and can run out.</summary>
    private sealed class Pages : IPages
    {
        private readonly HashSet<long> behind = [];

        public nint Start => 1 << 30;
        public long Bytes => 1L << 40;
        public long Most { get; set; } = long.MaxValue;

        public void Commit(long offset, long bytes)
        {
            if (Held + bytes > Most) throw new OutOfDeviceMemoryException(bytes, Held, "no more");
            for (long o = offset; o < offset + bytes; o += ArenaAllocator.Chunk) Assert.True(behind.Add(o), "committed twice");
        }

        public void Release(long offset, long bytes)
        {
            for (long o = offset; o < offset + bytes; o += ArenaAllocator.Chunk) Assert.True(behind.Remove(o), "released twice");
        }

        public long Held => behind.Count * ArenaAllocator.Chunk;
    }

    private const long MiB = 1 << 20;
    private readonly Pages pages = new();
    private readonly ArenaAllocator allocator;

    public ArenaAllocatorTests() => allocator = new ArenaAllocator(pages);

    [Fact]
    public void TheSmallestFreePartThatFitsIsTakenAndItsRestStaysFree()
    {
        var blocks = new[] { 3000, 64, 1000, 64, 2000, 64 }.Select(n => allocator.Allocate(n)).ToArray();
        nint[] at = [.. blocks.Select(b => b.Pointer)];
        foreach (int i in new[] { 0, 2, 4 }) blocks[i].Dispose();
        Assert.Equal(at[2], allocator.Allocate(1000).Pointer);
        Assert.Equal(at[4], allocator.Allocate(1100).Pointer);
        Assert.Equal(at[4] + (nint)ArenaAllocator.Size(1100), allocator.Allocate(500).Pointer);
        Assert.Equal(at[0], allocator.Allocate(2500).Pointer);
    }

    [Fact]
    public void TheSameBlocksMakeTheSameStateWhateverCameBefore()
    {
        var empty = allocator.State;
        var a = allocator.Allocate(1000);
        var one = allocator.State;
        Assert.NotEqual(empty, one);
        var b = allocator.Allocate(500);
        var c = allocator.Allocate(500);
        Assert.Equal(4, new HashSet<ArenaState> { empty, one, allocator.State, default(ArenaState) with { Releases = 1 } }.Count);
        b.Dispose();
        var hole = allocator.State;
        c.Dispose();
        Assert.Equal(one, allocator.State);
        using (allocator.Allocate(500)) Assert.NotEqual(hole, allocator.State); // as many bytes elsewhere
        a.Dispose();
        Assert.Equal(empty, allocator.State);
    }

    [Fact]
    public void MemoryThatIsTakenAwayMakesAnotherState()
    {
        var block = allocator.Allocate(4 * MiB);
        block.Dispose();
        var before = allocator.State;
        allocator.Trim();
        Assert.NotEqual(before, allocator.State);
        before = allocator.State;
        allocator.Trim(); // of nothing
        Assert.Equal(before, allocator.State);
    }

    [Fact]
    public void APeakThatNobodyAskedForCounts()
    {
        using var block = allocator.Allocate(64);
        allocator.ResetPeak();
        allocator.CountPeak(32);
        Assert.Equal(64, allocator.PeakBytes);
        allocator.CountPeak(640);
        Assert.Equal(640, allocator.PeakBytes);
    }

    [Theory]
    [InlineData(0, 1, 2)]
    [InlineData(0, 2, 1)]
    [InlineData(1, 0, 2)]
    [InlineData(2, 1, 0)]
    public void FreedNeighboursAreOnePart(params int[] order)
    {
        var blocks = Enumerable.Range(0, 4).Select(_ => allocator.Allocate(1000)).ToArray();
        nint first = blocks[0].Pointer;
        foreach (int i in order) blocks[i].Dispose();
        Assert.Equal(first, allocator.Allocate(3 * ArenaAllocator.Size(1000)).Pointer);
    }

    [Fact]
    public void BlocksAreWholeMultiplesOf64Bytes()
    {
        var block = allocator.Allocate(65);
        Assert.Equal((128, 128, 65), (allocator.LiveBytes, block.Capacity, block.Bytes));
        Assert.Equal(block.Pointer + 128, allocator.Allocate(1).Pointer);
        Assert.Equal(192, allocator.LiveBytes);
    }

    [Fact]
    public void RandomBlocksNeverOverlapAndTheCountsAreTrue()
    {
        var random = new Random(1);
        var live = new List<Storage>();
        for (int i = 0; i < 5000; i++)
        {
            if (live.Count > 0 && random.Next(2) == 0)
            {
                int k = random.Next(live.Count);
                live[k].Dispose();
                live.RemoveAt(k);
            }
            else
            {
                live.Add(allocator.Allocate((long)Math.Pow(2, 24 * random.NextDouble())));
            }
            if (i % 500 != 0) continue;
            var sorted = live.OrderBy(b => b.Pointer).ToList();
            for (int k = 1; k < sorted.Count; k++) Assert.True(sorted[k - 1].Pointer + (nint)sorted[k - 1].Capacity <= sorted[k].Pointer);
            Assert.Equal(live.Sum(b => b.Capacity), allocator.LiveBytes);
            Assert.Equal(pages.Held, allocator.HeldBytes);
            Assert.True(allocator.PeakBytes <= allocator.HeldBytes);
        }
        foreach (var b in live) b.Dispose();
        Assert.Equal(0, allocator.LiveBytes);
        allocator.Trim();
        Assert.Equal((0, 0), (allocator.HeldBytes, pages.Held));
    }

    [Fact]
    public void HeldMemoryIsUsedAgain()
    {
        for (int i = 0; i < 3; i++)
        {
            var blocks = new[] { 5, 1, 7 }.Select(n => allocator.Allocate(n * MiB)).ToList();
            blocks.ForEach(b => b.Dispose());
        }
        Assert.Equal((14 * MiB, 0, 13 * MiB), (allocator.HeldBytes, allocator.LiveBytes, allocator.PeakBytes));
    }

    [Fact]
    public void TrimKeepsWhatIsAlive()
    {
        var low = allocator.Allocate(10 * MiB);
        var middle = allocator.Allocate(1 * MiB);
        var high = allocator.Allocate(9 * MiB);
        low.Dispose();
        allocator.Trim();
        Assert.Equal(10 * MiB, allocator.HeldBytes);
        high.Dispose();
        allocator.Trim();
        Assert.Equal(2 * MiB, allocator.HeldBytes);
        middle.Dispose();
    }

    [Fact]
    public void WhereMemoryRunsOutWhatIsKeptFreeIsGivenBackFirst()
    {
        pages.Most = 16 * MiB;
        var small = allocator.Allocate(6 * MiB);
        using var between = allocator.Allocate(2 * MiB);
        small.Dispose();
        using var large = allocator.Allocate(12 * MiB); // only with the 6 MiB below
        Assert.Equal(14 * MiB, allocator.HeldBytes);
    }

    [Fact]
    public void WhatCannotBeHadLeavesTheAllocatorAsItWas()
    {
        pages.Most = 8 * MiB;
        using var a = allocator.Allocate(4 * MiB);
        var e = Assert.Throws<OutOfDeviceMemoryException>(() => allocator.Allocate(5 * MiB));
        Assert.Equal("out of memory: 6.0 MiB more are needed, tensors hold 4.0 MiB, no more; lower batch or imgsz, or take a smaller model", e.Message);
        Assert.Equal((4 * MiB, 4 * MiB), (allocator.LiveBytes, allocator.PeakBytes));
        using var b = allocator.Allocate(4 * MiB);
        Assert.Equal(a.Pointer + 4 * (nint)MiB, b.Pointer);
    }

    [Fact]
    public void TheMetaBackendCutsAsTheCpuDoes()
    {
        using var cpu = new CpuBackend();
        using var meta = new MetaBackend();
        var random = new Random(2);
        var on = new List<(Tensor Cpu, Tensor Meta)>();
        for (int i = 0; i < 300; i++)
        {
            if (on.Count > 0 && random.Next(3) == 0)
            {
                var (c, m) = on[random.Next(on.Count)];
                on.Remove((c, m));
                c.Dispose();
                m.Dispose();
            }
            else
            {
                var shape = new Shape(1 + random.Next(100_000));
                on.Add((Tensor.Create(cpu, shape), Tensor.Create(meta, shape)));
            }
            Assert.Equal((cpu.Allocator.LiveBytes, cpu.Allocator.HeldBytes), (meta.Allocator.LiveBytes, meta.Allocator.HeldBytes));
        }
        foreach (var (c, _) in on) c.Dispose();
    }
}
