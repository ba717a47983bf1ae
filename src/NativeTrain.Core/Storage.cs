namespace NativeTrain.Core;

/// <summary>A block of device memory, handed back to its allocator by <see cref="Dispose"/>.</summary>
public sealed class Storage : IDisposable
{
    private readonly IAllocator owner;
    private bool disposed;

    public Storage(IAllocator owner, nint pointer, long bytes)
    {
        this.owner = owner;
        Pointer = pointer;
        Bytes = bytes;
    }

    public nint Pointer { get; private set; }

    /// <summary>Bytes asked for (the allocator may hold a little more).</summary>
    public long Bytes { get; }

    public void Dispose()
    {
        if (disposed) return;
        disposed = true;
        owner.Free(Pointer, Bytes);
        Pointer = 0;
    }
}

/// <summary>Hands out device memory and counts it: a training step must end with as many live bytes as it began.</summary>
public interface IAllocator
{
    /// <summary>Memory of at least <paramref name="bytes"/> bytes, 64-byte aligned, contents undefined.</summary>
    Storage Allocate(long bytes);
    void Free(nint pointer, long bytes);
    /// <summary>Bytes handed out and not yet freed.</summary>
    long LiveBytes { get; }
    /// <summary>Highest <see cref="LiveBytes"/> since <see cref="ResetPeak"/>.</summary>
    long PeakBytes { get; }
    void ResetPeak();
    /// <summary>Gives cached free blocks back to the operating system.</summary>
    void Trim();
}
