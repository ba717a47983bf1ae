using NativeTrain.Core;
using NativeTrain.Cuda.Bindings;
using static NativeTrain.Cuda.Bindings.Driver;

namespace NativeTrain.Cuda;

/// <summary>Device memory: setting it, copying to and from it, and scratch memory of ops.</summary>
public sealed unsafe partial class CudaBackend
{
    private readonly CudaPages pages;
    private nint workspace;
    private long workspaceBytes;

    public void Zero(Tensor t)
    {
        RequireDense(t);
        device.MakeCurrent();
        Check(cuMemsetD8Async(t.Pointer, 0, (nuint)t.Bytes, compute));
    }

    public void Fill(Tensor t, float value)
    {
        RequireDense(t);
        if (t.Type != DType.F32) throw new ArgumentException($"only F32 tensors can be filled, not {t}");
        device.MakeCurrent();
        Check(cuMemsetD32Async(t.Pointer, BitConverter.SingleToUInt32Bits(value), (nuint)t.Count, compute));
    }

    public void Upload(ReadOnlySpan<byte> source, Tensor destination)
    {
        RequireDense(destination);
        if (source.Length != destination.Bytes) throw new ArgumentException($"{source.Length} bytes for {destination}");
        device.MakeCurrent();
        Check(cuStreamSynchronize(compute));
        fixed (byte* p = source) Check(cuMemcpyHtoD_v2(destination.Pointer, (nint)p, (nuint)source.Length));
    }

    public void Download(Tensor source, Span<byte> destination)
    {
        RequireDense(source);
        if (destination.Length != source.Bytes) throw new ArgumentException($"{destination.Length} bytes from {source}");
        device.MakeCurrent();
        Check(cuStreamSynchronize(compute));
        fixed (byte* p = destination) Check(cuMemcpyDtoH_v2((nint)p, source.Pointer, (nuint)destination.Length));
    }

    /// <summary>
    /// Scratch memory of at least so many bytes, 256-byte aligned, for one op: the next op may ask for it and overwrite
    /// it, which the order of the stream makes safe.
    /// </summary>
    /// <exception cref="OutOfDeviceMemoryException">There is not so much.</exception>
    private nint Workspace(long bytes)
    {
        if (bytes <= workspaceBytes) return workspace;
        device.MakeCurrent();
        FreeWorkspace();
        long size = Math.Max(1 << 20, (long)System.Numerics.BitOperations.RoundUpToPowerOf2((ulong)bytes));
        Check(cuMemAlloc_v2(out workspace, (nuint)size));
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

    // Between the pixels of a slice lie its wider tensor's other channels.
    private static void RequireDense(Tensor t)
    {
        if (!t.IsDense) throw new ArgumentException($"{t} is a slice; only a dense tensor is one block of memory");
    }
}
