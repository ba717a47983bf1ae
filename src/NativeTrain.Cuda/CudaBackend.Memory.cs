using System.Numerics;
using NativeTrain.Core;
using NativeTrain.Cuda.Bindings;
using static NativeTrain.Cuda.Bindings.Driver;

namespace NativeTrain.Cuda;

/// <summary>Device memory: setting it, copying to and from it, and scratch memory of ops.</summary>
public sealed unsafe partial class CudaBackend
{
    /// <summary>How often the host has waited for the device to give it something.</summary>
    internal long Downloads { get; private set; }

    private nint workspace;
    private long workspaceBytes;

    public void Zero(Tensor t)
    {
        OneBlock.Require(t);
        device.MakeCurrent();
        using var timed = Timed("memset");
        Check(cuMemsetD8Async(t.Pointer, 0, (nuint)t.Bytes, compute));
    }

    public void Fill(Tensor t, float value)
    {
        OneBlock.RequireF32(t);
        device.MakeCurrent();
        using var timed = Timed("memset");
        Check(cuMemsetD32Async(t.Pointer, BitConverter.SingleToUInt32Bits(value), (nuint)t.Count, compute));
    }

    /// <summary>
    /// Never waits for the device. What was prefetched is there already or on its way; other pinned memory is copied from
    /// where it lies; anything else passes through a ring of pinned memory.
    /// </summary>
    public void Upload(ReadOnlySpan<byte> source, Tensor destination)
    {
        OneBlock.Require(destination, source.Length);
        RequireNotRecording("a copy from the host");
        device.MakeCurrent();
        using var timed = Timed("upload");
        fixed (byte* p = source)
        {
            if (!IsPinned(source)) staging.Upload(source, destination.Pointer, compute);
            else if (!pinned.Take((nint)p, source.Length, destination.Pointer, compute))
                Check(cuMemcpyHtoDAsync_v2(destination.Pointer, (nint)p, (nuint)source.Length, compute));
        }
    }

    public void Download(Tensor source, Span<byte> destination)
    {
        OneBlock.Require(source, destination.Length);
        Download(source.Pointer, destination);
    }

    public HostBlock AllocateHost(int bytes) => pinned.Allocate(bytes);

    public void Prefetch(ReadOnlySpan<byte> source)
    {
        device.MakeCurrent();
        if (!IsPinned(source)) return;
        fixed (byte* p = source) pinned.Prefetch((nint)p, source.Length);
    }

    /// <summary>Whether bytes lie in memory of <see cref="AllocateHost"/>.</summary>
    internal bool IsPinned(ReadOnlySpan<byte> bytes)
    {
        fixed (byte* p = bytes) return pinned.Contains((nint)p, bytes.Length);
    }

    /// <summary>Copies from the device, when it has done what it was asked to before.</summary>
    private void Download(nint source, Span<byte> destination)
    {
        RequireNotRecording("a copy to the host");
        Downloads++;
        device.MakeCurrent();
        using var timed = Timed("download");
        staging.Download(source, destination, compute);
    }

    /// <summary>
    /// Scratch memory of at least so many bytes, 256-byte aligned, for one op: the next op may ask for it and overwrite
    /// it, which the order of the stream makes safe.
    /// </summary>
    /// <exception cref="OutOfDeviceMemoryException">There is not so much.</exception>
    private nint Workspace(long bytes)
    {
        device.MakeCurrent();
        if (bytes <= workspaceBytes && !exactBlocks) return workspace;
        RequireNotRecording("more scratch memory", passing: true);
        FreeWorkspace();
        long size = exactBlocks ? Math.Max(bytes, 1) : Math.Max(1 << 20, (long)BitOperations.RoundUpToPowerOf2((ulong)bytes));
        int result = cuMemAlloc_v2(out workspace, (nuint)size);
        if (result == OutOfMemory)
        {
            allocator.Trim();
            size = bytes;
            result = cuMemAlloc_v2(out workspace, (nuint)size);
        }
        Check(result, nameof(cuMemAlloc_v2));
        workspaceBytes = size;
        return workspace;
    }

    private void FreeWorkspace()
    {
        if (workspace == 0) return;
        Check(cuStreamSynchronize(compute));
        Check(cuMemFree_v2(workspace));
        workspace = 0;
        workspaceBytes = 0;
    }
}
