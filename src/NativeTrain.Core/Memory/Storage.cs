namespace NativeTrain.Core;

/// <summary>A block of device memory, handed back to its allocator by <see cref="Dispose"/>.</summary>
public sealed class Storage : IDisposable
{
    private readonly IAllocator owner;
    private bool disposed;

    /// <param name="owner">Takes the block back.</param>
    /// <param name="pointer">Its address.</param>
    /// <param name="bytes">Bytes asked for.</param>
    /// <param name="capacity">Bytes it has.</param>
    public Storage(IAllocator owner, nint pointer, long bytes, long capacity)
    {
        this.owner = owner;
        Pointer = pointer;
        Bytes = bytes;
        Capacity = capacity;
    }

    public nint Pointer { get; private set; }

    /// <summary>Bytes asked for.</summary>
    public long Bytes { get; }

    /// <summary>Bytes of the block, at least <see cref="Bytes"/>.</summary>
    public long Capacity { get; }

    public void Dispose()
    {
        if (disposed) return;
        disposed = true;
        owner.Free(this);
        Pointer = 0;
    }
}
