using NativeTrain.Core;

namespace NativeTrain.Cpu;

/// <summary>
/// Host memory behind a range of addresses. Linux promises more memory than there is and ends the process that touches
/// too much of it, so the promise is not asked for: before new memory is taken, what the machine and the container have
/// left is looked at, and a reserve stays untouched.
/// </summary>
internal sealed unsafe class CpuPages : IPages, IDisposable
{
    /// <summary>What is left to others, and to this process outside its tensors.</summary>
    public const long Reserve = 128 << 20;

    private readonly HostMemory memory = new();
    private readonly long? limit = HostMemory.Limit;
    private long held;
    private bool disposed;

    public CpuPages()
    {
        // Addresses cost nothing; where a limit stands on them (ulimit -v), fewer must do.
        for (Bytes = Math.Max(1L << 40, 4 * memory.Total); ; Bytes /= 2)
        {
            nint start;
            if (Native.nt_reserve(Bytes, &start) == 0)
            {
                Start = start;
                return;
            }
            if (Bytes < ArenaAllocator.Chunk) throw new OutOfDeviceMemoryException("out of memory: the system gives no addresses to this process (ulimit -v)");
        }
    }

    public nint Start { get; }
    public long Bytes { get; }

    public void Commit(long offset, long bytes)
    {
        if (limit is { } most && held + bytes > most)
            throw new OutOfDeviceMemoryException(bytes, held, $"NATIVETRAIN_MEMORY_LIMIT={most}");
        long available = memory.Available;
        if (bytes > available - Reserve || Native.nt_commit(Start + (nint)offset, bytes) != 0)
            throw new OutOfDeviceMemoryException(bytes, held, FormattableString.Invariant($"{available / 1048576.0:F1} MiB are free"));
        held += bytes;
    }

    public void Release(long offset, long bytes)
    {
        Native.Check(Native.nt_release(Start + (nint)offset, bytes));
        held -= bytes;
    }

    public void Dispose()
    {
        // A second time the addresses may be someone else's.
        if (disposed) return;
        disposed = true;
        Native.Check(Native.nt_unreserve(Start, Bytes));
    }
}
