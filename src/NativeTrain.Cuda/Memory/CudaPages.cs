using NativeTrain.Core;
using NativeTrain.Cuda.Bindings;
using static NativeTrain.Cuda.Bindings.Driver;

namespace NativeTrain.Cuda;

/// <summary>
/// Addresses of a device, and its memory put behind them as it is needed (the driver's virtual memory management). A
/// piece that was committed by one call may be released in parts, so each of the allocator's chunks is a handle of its own.
/// </summary>
internal sealed class CudaPages : IPages, IDisposable
{
    private readonly CudaDevice device;
    private readonly CUmemAllocationProp prop;
    private readonly CUmemAccessDesc access;
    private readonly Dictionary<long, ulong> handles = [];
    private readonly long? limit = HostMemory.Limit;
    private bool disposed;

    public CudaPages(CudaDevice device)
    {
        this.device = device;
        var location = new CUmemLocation { type = MemLocationTypeDevice, id = device.Number };
        prop = new CUmemAllocationProp { type = MemAllocationTypePinned, location = location };
        access = new CUmemAccessDesc { location = location, flags = MemAccessFlagsProtReadWrite };
        Check(cuMemGetAllocationGranularity(out nuint granularity, prop, MemAllocGranularityMinimum));
        if (ArenaAllocator.Chunk % (long)granularity != 0)
            throw new DeviceException($"{device.Name} hands out memory by {granularity} bytes, which {ArenaAllocator.Chunk} is no multiple of");
        // Three times the memory: what fragmentation can leave between tensors that fit.
        Check(cuDeviceTotalMem_v2(out nuint total, device.Number));
        Bytes = RoundUp((long)total * 3, ArenaAllocator.Chunk);
        Check(cuMemAddressReserve(out nint start, (nuint)Bytes, 0, 0, 0));
        Start = start;
    }

    public nint Start { get; }
    public long Bytes { get; }

    /// <summary>Whether launches go into a graph: what is put behind addresses now might be gone when it runs, and a GPU may refuse the calls.</summary>
    public bool Frozen { get; set; }

    private long Held => handles.Count * ArenaAllocator.Chunk;

    public void Commit(long offset, long bytes)
    {
        if (Frozen) throw new NotRecordableException("more memory cannot be part of a graph", passing: true);
        if (limit is { } most && Held + bytes > most) throw new OutOfDeviceMemoryException(bytes, Held, $"NATIVETRAIN_MEMORY_LIMIT={most}");
        device.MakeCurrent();
        for (long at = offset; at < offset + bytes; at += ArenaAllocator.Chunk)
        {
            int result = cuMemCreate(out ulong handle, (nuint)ArenaAllocator.Chunk, prop, 0);
            if (result == OutOfMemory)
            {
                Release(offset, at - offset);
                throw new OutOfDeviceMemoryException(bytes, Held, FormattableString.Invariant($"{device.FreeBytes / 1048576.0:F1} MiB of {device.Name} are free"));
            }
            Check(result, nameof(cuMemCreate));
            Check(cuMemMap(Start + (nint)at, (nuint)ArenaAllocator.Chunk, 0, handle, 0));
            handles.Add(at, handle);
        }
        int opened = cuMemSetAccess(Start + (nint)offset, (nuint)bytes, access, 1);
        if (opened != Success) Release(offset, bytes);
        Check(opened, nameof(cuMemSetAccess));
    }

    public void Release(long offset, long bytes)
    {
        if (bytes == 0) return;
        device.MakeCurrent();
        Check(cuCtxSynchronize()); // kernels that were given addresses there may still be at work
        for (long at = offset; at < offset + bytes; at += ArenaAllocator.Chunk)
        {
            Check(cuMemUnmap(Start + (nint)at, (nuint)ArenaAllocator.Chunk));
            handles.Remove(at, out ulong handle);
            Check(cuMemRelease(handle));
        }
    }

    public void Dispose()
    {
        if (disposed) return;
        disposed = true;
        device.MakeCurrent();
        foreach (long at in handles.Keys.ToList()) Release(at, ArenaAllocator.Chunk);
        Check(cuMemAddressFree(Start, (nuint)Bytes));
    }
}
