using NativeTrain.Core;
using NativeTrain.Cpu;

namespace NativeTrain.Cli;

/// <summary>The one place that names a concrete backend.</summary>
internal static class Backends
{
    /// <summary>The backend that device= asks for.</summary>
    /// <param name="device">"cpu", or null for the default, which is cpu.</param>
    /// <param name="threads">Compute threads; 0: one a core.</param>
    /// <exception cref="InputException">This version has no such backend.</exception>
    public static IBackend Open(string? device, int threads)
    {
        Check(device);
        return new CpuBackend(threads);
    }

    /// <summary>Refuses a device that this version does not have; "cuda", "0" and "0,1" mean GPUs.</summary>
    /// <exception cref="InputException">The device is not the CPU.</exception>
    public static void Check(string? device)
    {
        if (device is null || device.Equals("cpu", StringComparison.OrdinalIgnoreCase)) return;
        throw new InputException($"device={device}: this version has only the CPU backend; leave device= out or say device=cpu");
    }
}
