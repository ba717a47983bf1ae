using NativeTrain.Core;
using NativeTrain.Cuda.Bindings;
using NativeTrain.Cuda.Kernels;
using static NativeTrain.Cuda.Bindings.Driver;

namespace NativeTrain.Cuda;

/// <summary>
/// The op table on a GPU: each method (Ops/, a file an op) launches kernels of kernels/, on one stream, in the order of
/// the calls; none waits for its end. Works on the emulator just so.
/// </summary>
public sealed partial class CudaBackend : IBackend
{
    private readonly CudaDevice device;
    private readonly KernelTable kernels;
    private readonly CuStreamHandle compute;
    private readonly ArenaAllocator allocator;

    /// <summary>Opens a device.</summary>
    /// <param name="ordinal">Its number, from 0.</param>
    /// <param name="convolutions">Who computes convolutions; null: <see cref="ConvLibrary.Auto"/>, on the emulator <see cref="ConvLibrary.Native"/>, for what is measured there says nothing of a GPU.</param>
    /// <exception cref="InputException">There is no such device, or no driver or compiler for it, or no cuDNN where it is asked for.</exception>
    public CudaBackend(int ordinal = 0, ConvLibrary? convolutions = null)
    {
        device = new CudaDevice(ordinal);
        var sources = new KernelSources();
        kernels = new KernelTable(sources, new KernelCompiler(sources, device.Capability));
        Check(cuStreamCreate(out compute, StreamNonBlocking));
        pages = new CudaPages(device);
        allocator = new ArenaAllocator(pages);
        cudnn = OpenCudnn(convolutions ?? (CudaDevice.Emulated ? ConvLibrary.Native : ConvLibrary.Auto), sources);
    }

    public string Name => CudaDevice.Emulated ? "emulator" : "cuda";
    public IAllocator Allocator => allocator;
    public CudaDevice Device => device;

    /// <summary>All three: tensor cores multiply F16 from Volta on; BF16 is converted on those before Ampere.</summary>
    public bool Computes(DType type) => type is DType.F32 or DType.F16 || (type == DType.BF16 && device.Capability >= 80);

    public void Synchronize()
    {
        device.MakeCurrent();
        Check(cuStreamSynchronize(compute));
    }

    /// <summary>Waits for all work, then gives the device's memory back; that of tensors which are still alive stays theirs.</summary>
    public void Dispose()
    {
        Synchronize();
        cudnn?.Dispose();
        FreeWorkspace();
        FreePieceTables();
        allocator.Trim();
        if (allocator.LiveBytes > 0) return;
        pages.Dispose();
        kernels.Dispose();
        compute.Dispose();
        device.Dispose();
    }
}
