using System.Globalization;
using NativeTrain.Core;
using NativeTrain.Cpu;
using NativeTrain.Cuda;

namespace NativeTrain.Cli;

/// <summary>The one place that chooses and opens a backend.</summary>
internal static class Backends
{
    /// <summary>The backend that device= asks for.</summary>
    /// <param name="device">"cuda", a GPU's number, "emulator" or "cpu"; null: cuda where a driver answers, else cpu.</param>
    /// <param name="threads">Compute threads of the CPU; 0: one a core. On a GPU a line says that it is for nothing.</param>
    /// <param name="conv">Who computes a GPU's convolutions: "auto" (or null), "native" or "cudnn".</param>
    /// <param name="place">This process's place among several on the machine: the GPU that it takes where none is named; counted round where there are fewer.</param>
    /// <param name="share">Threads of a CPU whose cores several processes share; null: as many as are asked for.</param>
    /// <exception cref="InputException">There is no such device, or what it needs is missing, or the CPU is to choose.</exception>
    public static IBackend Open(string? device, int threads, string? conv = null, int place = 0, int? share = null)
    {
        Check(device);
        if (device is not null && Is(device, "cpu")) return Cpu(share ?? threads, conv);
        CudaDevice.Choose(emulator: device is not null && Is(device, "emulator"));
        if (device is null && CudaDevice.Unusable is not null) return Cpu(share ?? threads, conv);
        var backend = new CudaBackend((device is null ? null : Number(device)) ?? CudaDevice.At(place), Library(conv));
        if (threads > 0) Console.WriteLine($"threads={threads}: of no effect on {backend.Description}; it is for device=cpu");
        return backend;
    }

    private static CpuBackend Cpu(int threads, string? conv) =>
        Library(conv) is null ? new CpuBackend(threads) : throw new InputException($"conv={conv}: only a GPU leaves the choice; leave conv= out on the CPU");

    /// <summary>Null: the backend's own choice.</summary>
    private static ConvLibrary? Library(string? conv) => conv switch { "native" => ConvLibrary.Native, "cudnn" => ConvLibrary.Cudnn, _ => null };

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
