using System.Runtime.InteropServices;

namespace NativeTrain.Cuda.Bindings;

#pragma warning disable IDE1006, CA1707, SA1300 // names are the library's own

/// <summary>What the emulator (native/emulator/emulator.h) exports beside NVIDIA's functions.</summary>
internal static unsafe partial class Emulator
{
    private const string Lib = Libraries.Emulator;

    [LibraryImport(Lib)] private static partial byte* emu_report();

    /// <summary>What a kernel asked of memory while its accesses were counted: emu_counters, whose comments say what each number is.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct Counters
    {
        public byte* kernel;
        public ulong launches, global_requests, global_sectors, global_bytes, shared_requests, shared_wavefronts, shared_ideal;
    }

    [LibraryImport(Lib)] internal static partial void emu_count(int on);
    [LibraryImport(Lib)] internal static partial nuint emu_read_counters(Counters* to, nuint capacity);

    /// <summary>After so many more calls of a function of the driver or a library, so many times (0: never) it does nothing and returns a status of its own library's.</summary>
    [LibraryImport(Lib, StringMarshalling = StringMarshalling.Utf8)] internal static partial void emu_fail(string function, int callsBefore, int times, int status);

    /// <summary>The device has this value of a CUdevice_attribute from now on.</summary>
    [LibraryImport(Lib)] internal static partial void emu_set_attribute(int attribute, int value);

    /// <summary>What was wrong with the last call that failed, in the emulator's words: call, kernel, thread, line.</summary>
    internal static string Report() => Marshal.PtrToStringUTF8((nint)emu_report()) ?? "";
}
