using System.Runtime.InteropServices;
using NativeTrain.Core;
using NativeTrain.Cuda.Bindings;
using static NativeTrain.Cuda.Bindings.Driver;

namespace NativeTrain.Cuda;

/// <summary>One GPU: its properties, and its primary context, which the driver's calls work in.</summary>
public sealed unsafe class CudaDevice : IDisposable
{
    /// <summary>The oldest driver: of CUDA 11.2, which brought what the kernels and the allocator need.</summary>
    private const int OldestDriver = 11020;

    private readonly int device;
    private readonly nint context;

    /// <summary>Whose context calls of this thread go to. (A context's address would not do: that of one that is gone is given again.)</summary>
    [ThreadStatic] private static CudaDevice? current;

    /// <summary>Opens a GPU.</summary>
    /// <param name="ordinal">Its number, from 0.</param>
    /// <exception cref="InputException">There is no such GPU, or no driver that can be used.</exception>
    public CudaDevice(int ordinal)
    {
        if (Unusable is { } problem) throw new InputException(problem);
        Driver.Check(cuDeviceGetCount(out int count));
        if (ordinal >= count) throw new InputException($"device={ordinal}: there {(count == 1 ? "is 1 GPU, number 0" : $"are {count} GPUs, numbered from 0")}");
        Driver.Check(cuDeviceGet(out device, ordinal));
        byte* name = stackalloc byte[256];
        Driver.Check(cuDeviceGetName(name, 256, device));
        Name = Marshal.PtrToStringUTF8((nint)name) ?? "";
        Capability = 10 * Attribute(ComputeCapabilityMajor) + Attribute(ComputeCapabilityMinor);
        if (Capability < 70)
            throw new InputException($"{Name} has compute capability {Capability / 10}.{Capability % 10}; 7.0 (Volta) is the lowest that the kernels run on: say device=cpu");
        Multiprocessors = Attribute(MultiprocessorCount);
        Driver.Check(cuDriverGetVersion(out int version));
        DriverVersion = version;
        Driver.Check(cuDevicePrimaryCtxRetain(out context, device));
        MakeCurrent();
    }

    /// <summary>As the driver names it.</summary>
    public string Name { get; }

    /// <summary>The number inside this process.</summary>
    public int Number => device;

    /// <summary>Compute capability times ten: 80 is 8.0.</summary>
    public int Capability { get; }

    public int Multiprocessors { get; }

    /// <summary>Whether addresses and the memory behind them are had apart (cuMemAddressReserve, cuMemMap): not under some virtual GPUs.</summary>
    public bool HasVirtualMemory => Attribute(VirtualMemoryManagement) != 0;

    /// <summary>The newest CUDA that the driver knows: 11020 is 11.2.</summary>
    public int DriverVersion { get; }

    /// <summary>Whether it is the emulator that answers.</summary>
    public static bool Emulated => Libraries.Emulated;

    /// <summary>Chooses, once a process and before the first device is opened, who answers: NVIDIA's driver or the emulator.</summary>
    /// <exception cref="InputException">The process works with the other already.</exception>
    public static void Choose(bool emulator) => Libraries.Choose(emulator);

    /// <summary>Why there is no GPU to work with, in one line; null: there is one.</summary>
    public static string? Unusable
    {
        get
        {
            if (!Libraries.Has(Libraries.Driver))
            {
                return Emulated
                    ? $"device=emulator: {Libraries.Candidates(Libraries.Driver)} is not beside the program; build.sh builds it"
                    : $"device=cuda: there is no NVIDIA driver ({Libraries.Candidates(Libraries.Driver)} was not found); install it, or say device=cpu";
            }
            int result = cuInit(0);
            if (result != Success && Emulated) return $"device=emulator: {Bindings.Emulator.Report()}";
            if (result == NoDevice) return "device=cuda: the NVIDIA driver finds no GPU; say device=cpu";
            if (result != Success) return $"device=cuda: the NVIDIA driver does not start: cuInit: {Driver.Name(result)} ({Text(result)}); say device=cpu";
            Driver.Check(cuDriverGetVersion(out int version));
            if (version < OldestDriver) return $"device=cuda: the NVIDIA driver is of CUDA {Release(version)}, {Release(OldestDriver)} or later is needed; update it, or say device=cpu";
            Driver.Check(cuDeviceGetCount(out int count));
            return count > 0 ? null : "device=cuda: the NVIDIA driver finds no GPU; say device=cpu";
        }
    }

    /// <summary>The number of the GPU that a process takes which has this place among those on the machine. (A launcher may show each process one GPU only.)</summary>
    public static int At(int place)
    {
        if (place == 0 || Unusable is not null) return 0; // what is wrong is told by who opens it
        Driver.Check(cuDeviceGetCount(out int count));
        return place % count;
    }

    /// <summary>Bytes of the device that nobody has taken.</summary>
    public long FreeBytes
    {
        get
        {
            MakeCurrent();
            Driver.Check(cuMemGetInfo_v2(out nuint free, out _));
            return (long)free;
        }
    }

    /// <summary>A CUdevice_attribute.</summary>
    public int Attribute(int attribute)
    {
        Driver.Check(cuDeviceGetAttribute(out int value, attribute, device));
        return value;
    }

    /// <summary>Sends this thread's calls to the device: needed before any other call, since ops may come from any thread.</summary>
    public void MakeCurrent()
    {
        if (current == this) return;
        Driver.Check(cuCtxSetCurrent(context));
        current = this;
    }

    /// <summary>The context goes with the last who holds it.</summary>
    public void Dispose()
    {
        current = null;
        Driver.Check(cuDevicePrimaryCtxRelease_v2(device));
    }

    private static string Release(int version) => $"{version / 1000}.{version % 1000 / 10}";
}
