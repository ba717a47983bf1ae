using NativeTrain.Core;
using NativeTrain.Cuda.Bindings;
using static NativeTrain.Cuda.Bindings.Driver;

namespace NativeTrain.Cuda;

/// <summary>
/// A block of the driver's own for every tensor, given back as soon as the tensor is: slow, but all that a device without
/// virtual memory management has; and whoever watches accesses (the checked emulator, compute-sanitizer) then knows where
/// each tensor ends and when it is gone.
/// </summary>
internal sealed class DriverAllocator(CudaDevice device, Action synchronize) : IAllocator
{
    private readonly long? limit = HostMemory.Limit;
    private readonly Lock gate = new();

    public long LiveBytes { get; private set; }
    public long PeakBytes { get; private set; }
    public long HeldBytes => LiveBytes;

    public Storage Allocate(long bytes)
    {
        device.MakeCurrent();
        // What the arena would hand out counts, so that plans hold here too; the block has the tensor's own bytes.
        long size = ArenaAllocator.Size(bytes);
        if (limit is { } most && LiveBytes + size > most) throw new OutOfDeviceMemoryException(bytes, LiveBytes, $"NATIVETRAIN_MEMORY_LIMIT={most}");
        int result = cuMemAlloc_v2(out nint pointer, (nuint)Math.Max(bytes, 1));
        if (result == OutOfMemory) throw new OutOfDeviceMemoryException(bytes, LiveBytes, FormattableString.Invariant($"{device.FreeBytes / 1048576.0:F1} MiB of {device.Name} are free"));
        Check(result, nameof(cuMemAlloc_v2));
        lock (gate)
        {
            LiveBytes += size;
            PeakBytes = Math.Max(PeakBytes, LiveBytes);
        }
        return new Storage(this, pointer, bytes, size);
    }

    public void Free(Storage block)
    {
        ArgumentNullException.ThrowIfNull(block);
        device.MakeCurrent();
        synchronize(); // kernels that were given the block may still be at work
        Check(cuMemFree_v2(block.Pointer));
        lock (gate) LiveBytes -= block.Capacity;
    }

    public void ResetPeak()
    {
        lock (gate) PeakBytes = LiveBytes;
    }

    /// <summary>Nothing to do: nothing is kept.</summary>
    public void Trim() { }
}
