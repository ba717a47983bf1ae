using System.Globalization;
using NativeTrain.Core;
using NativeTrain.Cpu;
using NativeTrain.Cuda;

namespace NativeTrain.Cli;

/// <summary>The one place that names a concrete backend.</summary>
internal static class Backends
{
    /// <summary>The backend that device= asks for.</summary>
    /// <param name="device">"cuda", a GPU's number, "emulator" or "cpu"; null: cuda where a driver answers, else cpu.</param>
    /// <param name="threads">Compute threads of the CPU; 0: one a core.</param>
    /// <exception cref="InputException">There is no such device, or what it needs is missing.</exception>
    public static IBackend Open(string? device, int threads)
    {
        Check(device);
        if (device is null)
        {
            CudaDevice.Choose(emulator: false);
            return CudaDevice.Unusable is null ? new CudaBackend() : new CpuBackend(threads);
        }
        if (Is(device, "cpu")) return new CpuBackend(threads);
        CudaDevice.Choose(emulator: Is(device, "emulator"));
        return new CudaBackend(Number(device) ?? 0);
    }

    /// <summary>Refuses what names no device.</summary>
    /// <exception cref="InputException">It is none.</exception>
    public static void Check(string? device)
    {
        if (device is null || Is(device, "cpu") || Is(device, "cuda") || Is(device, "emulator") || Number(device) is not null) return;
        throw new InputException(device.Contains(',', StringComparison.Ordinal)
            ? $"device={device}: this version trains on one GPU; give one number"
            : $"device={device}: must be cuda, the number of a GPU, emulator or cpu");
    }

    private static bool Is(string device, string name) => device.Equals(name, StringComparison.OrdinalIgnoreCase);

    /// <summary>Of a GPU: "1", "cuda:1".</summary>
    private static int? Number(string device)
    {
        string digits = device.StartsWith("cuda:", StringComparison.OrdinalIgnoreCase) ? device["cuda:".Length..] : device;
        return int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : null;
    }
}
