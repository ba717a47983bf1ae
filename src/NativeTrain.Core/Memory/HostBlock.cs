using System.Buffers;
using System.Runtime.InteropServices;

namespace NativeTrain.Core;

/// <summary>
/// Host memory outside the collector's heap, from a page's start on, that a device copies from without the processor's
/// help. Made by <see cref="IBackend.AllocateHost"/>; its <see cref="MemoryManager{T}.Memory"/> is gone when it is disposed.
/// </summary>
/// <param name="start">Its address.</param>
/// <param name="bytes">Its length.</param>
/// <param name="free">Gives it back.</param>
public sealed unsafe class HostBlock(nint start, int bytes, Action<nint> free) : MemoryManager<byte>
{
    private const int Page = 4096;

    private nint start = start;

    /// <summary>Pages of the system's, for a device that computes in the host's memory.</summary>
    /// <exception cref="OutOfMemoryException">There are not so many bytes.</exception>
    public static HostBlock OfPages(int bytes) =>
        new((nint)NativeMemory.AlignedAlloc((nuint)Math.Max(bytes, 1), Page), bytes, p => NativeMemory.AlignedFree((void*)p));

    public override Span<byte> GetSpan()
    {
        ObjectDisposedException.ThrowIf(start == 0, this);
        return new Span<byte>((void*)start, bytes);
    }

    public override MemoryHandle Pin(int elementIndex = 0) => new((byte*)start + elementIndex);

    /// <summary>Nothing to do: the memory stays where it is.</summary>
    public override void Unpin() { }

    protected override void Dispose(bool disposing)
    {
        if (Interlocked.Exchange(ref start, 0) is var p && p != 0) free(p);
    }
}
