using NativeTrain.Cpu;
using Xunit;

namespace NativeTrain.Cuda.Tests;

/// <summary>
/// The two devices that are compared: the emulator, or a GPU where NATIVETRAIN_TEST_DEVICE is cuda, and the CPU. All
/// tests share them, and so run one at a time: put [Collection(Devices.Name)] on a class and take this in its constructor.
/// </summary>
public sealed class Devices : IDisposable
{
    public const string Name = "devices";

    public Devices()
    {
        Cuda = Open();
    }

    /// <summary>A backend of its own on the device, with NativeTrain's kernels for all, also where cuDNN and cuBLAS are installed.</summary>
    public static CudaBackend Open()
    {
        Choose();
        return new CudaBackend(0, ConvLibrary.Native);
    }

    /// <summary>One that records; where the device does not (NATIVETRAIN_ALLOCATOR=driver, an old driver), the test is skipped.</summary>
    public static CudaBackend OpenRecording(ConvLibrary convolutions = ConvLibrary.Native)
    {
        Choose();
        var cuda = new CudaBackend(0, convolutions);
        if (cuda.CanRecord) return cuda;
        cuda.Dispose();
        Assert.Skip("the device does not record here");
        return null;
    }

    /// <summary>Chooses the emulator or the GPU, once.</summary>
    public static void Choose() => CudaDevice.Choose(emulator: Environment.GetEnvironmentVariable("NATIVETRAIN_TEST_DEVICE") != "cuda");

    public CudaBackend Cuda { get; }
    public CpuBackend Cpu { get; } = new();

    public void Dispose()
    {
        Cuda.Dispose();
        Cpu.Dispose();
    }
}

[CollectionDefinition(Devices.Name)]
public sealed class DevicesCollection : ICollectionFixture<Devices>;
