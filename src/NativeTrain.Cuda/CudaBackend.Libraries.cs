using System.Security.Cryptography;
using System.Text;
using NativeTrain.Core;
using NativeTrain.Cuda.Bindings;
using NativeTrain.Cuda.Convolutions;
using NativeTrain.Cuda.Kernels;

namespace NativeTrain.Cuda;

/// <summary>NVIDIA's libraries beside the own kernels.</summary>
public sealed partial class CudaBackend
{
    /// <summary>Null: NativeTrain's own kernels compute all convolutions.</summary>
    private readonly CudnnConvolutions? cudnn;

    /// <summary>Null: NativeTrain's own kernel computes matrix products.</summary>
    private readonly CublasProducts? cublas;

    private CublasProducts? OpenCublas(ConvLibrary library)
    {
        if (library == ConvLibrary.Native || !Libraries.Has(Libraries.Cublas)) return null;
        try
        {
            return new CublasProducts(compute, device.Capability);
        }
        catch (Exception e) when (e is DeviceException or OutOfDeviceMemoryException)
        {
            return null; // installed, but not for this driver, or the device is full
        }
    }

    /// <exception cref="InputException">cuDNN is asked for and is not there.</exception>
    private CudnnConvolutions? OpenCudnn(ConvLibrary library, KernelSources sources)
    {
        if (library == ConvLibrary.Native) return null;
        if (!Libraries.Has(Libraries.Cudnn))
        {
            return library == ConvLibrary.Auto
                ? null
                : throw new InputException($"conv=cudnn: cuDNN is not installed ({Libraries.Candidates(Libraries.Cudnn)} were not found); install it, or leave conv= out");
        }
        try
        {
            return new CudnnConvolutions(compute, compareNative: library == ConvLibrary.Auto, version => MeasurementFile(version, sources));
        }
        catch (Exception e) when (e is DeviceException or OutOfDeviceMemoryException)
        {
            return library == ConvLibrary.Auto ? null : throw new InputException($"conv=cudnn: {e.Message.Split(';')[0]}; say conv=native", e);
        }
    }

    // Measurements hold for one version of cuDNN, one kind of device and one version of the own kernels.
    private string MeasurementFile(nuint cudnnVersion, KernelSources sources)
    {
        string kernels = string.Concat(sources.Files.Where(f => f.StartsWith("conv2d", StringComparison.Ordinal)).Select(sources.Hash));
        string digest = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(kernels)))[..8];
        string name = string.Concat(device.Name.Select(c => char.IsAsciiLetterOrDigit(c) ? c : '-'));
        return Path.Combine(CacheFolder.Of("convolutions"), $"{name}-cudnn{cudnnVersion}-{digest}.txt");
    }
}
