using NativeTrain.Core;

namespace NativeTrain.Cpu;

/// <summary>
/// Caching allocator of host memory: freed blocks are kept and handed out again, the smallest that fits and is at
/// most half as large again as asked for, so that from the second step on a training loop asks the operating system
/// for nothing, and tensors of a validation live in the blocks of the training before it.
/// </summary>
internal sealed class CpuAllocator : IAllocator, IDisposable
{
    private readonly Dictionary<long, Stack<nint>> free = [];
    private readonly SortedSet<long> freeSizes = [];
    private readonly Lock gate = new();

    public long LiveBytes { get; private set; }
    public long PeakBytes { get; private set; }

    public Storage Allocate(long bytes)
    {
        long size = BlockSize(bytes);
        lock (gate)
        {
            LiveBytes += size;
            PeakBytes = Math.Max(PeakBytes, LiveBytes);
            if (TakeFree(size) is { } block) return new Storage(this, block.Pointer, bytes, block.Capacity);
        }
        try
        {
            return new Storage(this, FromSystem(size), bytes, size);
        }
        catch
        {
            lock (gate) LiveBytes -= size;
            throw;
        }
    }

    public void Free(Storage block)
    {
        lock (gate)
        {
            LiveBytes -= BlockSize(block.Bytes);
            if (!free.TryGetValue(block.Capacity, out var blocks)) free[block.Capacity] = blocks = new Stack<nint>();
            blocks.Push(block.Pointer);
            freeSizes.Add(block.Capacity);
        }
    }

    private (nint Pointer, long Capacity)? TakeFree(long size)
    {
        long capacity = freeSizes.GetViewBetween(size, size + size / 2).Min;
        if (capacity == 0) return null;
        var blocks = free[capacity];
        nint pointer = blocks.Pop();
        if (blocks.Count == 0) freeSizes.Remove(capacity);
        return (pointer, capacity);
    }

    public void ResetPeak()
    {
        lock (gate) PeakBytes = LiveBytes;
    }

    public void Trim()
    {
        lock (gate)
        {
            foreach (var blocks in free.Values)
                while (blocks.TryPop(out nint p))
                    _ = Native.nt_free(p);
            free.Clear();
            freeSizes.Clear();
        }
    }

    public void Dispose() => Trim();

    /// <summary>Rounds up to an eighth of a power of two (at least 512 bytes), so that near sizes share blocks.</summary>
    internal static long BlockSize(long bytes)
    {
        if (bytes <= 4096) return Math.Max(512, (bytes + 511) / 512 * 512);
        long step = (long)System.Numerics.BitOperations.RoundUpToPowerOf2((ulong)bytes) / 16;
        return (bytes + step - 1) / step * step;
    }

    private unsafe nint FromSystem(long size)
    {
        nint p;
        if (Native.nt_alloc(size, &p) == 0) return p;
        Trim();
        if (Native.nt_alloc(size, &p) == 0) return p;
        throw new InsufficientMemoryException($"no memory for {size / 1048576.0:F1} MiB ({LiveBytes / 1048576.0:F1} MiB are in use): lower batch or imgsz");
    }
}
