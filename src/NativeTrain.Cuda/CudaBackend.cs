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
    private readonly CudaPages? pages;
    private readonly IAllocator allocator;
    private readonly StagingRing staging;
    private readonly PinnedBlocks pinned;

    /// <summary>Whether every tensor is a block of the driver's own: for the checked emulator, and for compute-sanitizer by NATIVETRAIN_ALLOCATOR=driver.</summary>
    private readonly bool exactBlocks = Libraries.Checked || Environment.GetEnvironmentVariable("NATIVETRAIN_ALLOCATOR") == "driver";

    /// <summary>Opens a device.</summary>
    /// <param name="ordinal">Its number, from 0.</param>
    /// <param name="convolutions">Who computes convolutions and matrix products; null: <see cref="ConvLibrary.Auto"/>, on the emulator <see cref="ConvLibrary.Native"/>, for what is measured there says nothing of a GPU.</param>
    /// <exception cref="InputException">There is no such device, or no driver or compiler for it, or no cuDNN where it is asked for.</exception>
    public CudaBackend(int ordinal = 0, ConvLibrary? convolutions = null)
    {
        device = new CudaDevice(ordinal);
        var sources = new KernelSources();
        kernels = new KernelTable(sources, new KernelCompiler(sources, device.Capability));
        Check(cuStreamCreate(out compute, StreamNonBlocking));
        pages = exactBlocks || !device.HasVirtualMemory ? null : new CudaPages(device);
        allocator = pages is null ? new DriverAllocator(device, Synchronize) : new ArenaAllocator(pages);
        staging = new StagingRing();
        pinned = new PinnedBlocks(device);
        var library = convolutions ?? (CudaDevice.Emulated ? ConvLibrary.Native : ConvLibrary.Auto);
        cudnn = OpenCudnn(library, sources);
        cublas = OpenCublas(library);
    }

    public string Name => CudaDevice.Emulated ? "emulator" : "cuda";
    public string Description =>
        (CudaDevice.Emulated ? Name : $"{Name} ({device.Name})") + (device.HasVirtualMemory ? "" : ", without virtual memory management: every tensor is an allocation of the driver's, which is slow");
    public IAllocator Allocator => allocator;
    public CudaDevice Device => device;

    /// <summary>F32, F16 (tensor cores multiply it from Volta on), and BF16 from Ampere on.</summary>
    public bool Computes(DType type) => type is DType.F32 or DType.F16 || (type == DType.BF16 && device.Capability >= 80);

    /// <summary>F16: as fast as BF16, on Volta and Turing faster, and with three more bits of a number.</summary>
    public DType MixedPrecision => DType.F16;

    /// <summary>What is free on the device, under NATIVETRAIN_MEMORY_LIMIT.</summary>
    public MemoryLeft MemoryLeft => new(Math.Min(device.FreeBytes, HostMemory.Limit ?? long.MaxValue), OfHost: false);

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
        compared?.Dispose();
        cublas?.Dispose();
        FreeWorkspace();
        FreePieceTables();
        pinned.Dispose();
        staging.Dispose();
        allocator.Trim();
        if (allocator.LiveBytes > 0) return;
        pages?.Dispose();
        kernels.Dispose();
        compute.Dispose();
        device.Dispose();
    }
}
