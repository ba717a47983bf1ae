using System.Runtime.InteropServices;

namespace NativeTrain.Cuda.Bindings;

#pragma warning disable IDE1006, CA1707, SA1300 // names are the library's own

/// <summary>What the emulator (native/emulator/emulator.h) exports beside NVIDIA's functions.</summary>
internal static unsafe partial class Emulator
{
    private const string Lib = Libraries.Emulator;

    /// <summary>What a kernel asked of memory while its accesses were counted: emu_counters, whose comments say what each number is.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct Counters
    {
        private readonly byte* kernel;
        public readonly ulong Launches, GlobalRequests, GlobalSectors, GlobalBytes, SharedRequests, SharedWavefronts, SharedIdeal;
        public readonly string Kernel => Marshal.PtrToStringUTF8((nint)kernel)!;
    }

    [LibraryImport(Lib)] private static partial byte* emu_report();
    [LibraryImport(Lib)] private static partial void emu_count(int on);
    [LibraryImport(Lib)] private static partial nuint emu_read_counters(Counters* to, nuint capacity);

    [StructLayout(LayoutKind.Sequential)]
    internal struct Counters
    {
        public byte* kernel;
        public ulong launches, global_requests, global_sectors, global_bytes, shared_requests, shared_wavefronts, shared_ideal;
    }

    [LibraryImport(Lib)] internal static partial void emu_count(int on);
    [LibraryImport(Lib)] internal static partial nuint emu_read_counters(Counters* to, nuint capacity);

    /// <summary>What was wrong with the last call that failed, in the emulator's words: call, kernel, thread, line.</summary>
    internal static string Report() => Marshal.PtrToStringUTF8((nint)emu_report()) ?? "";

    /// <summary>Counts kernels' accesses from zero on, or no longer. Only checked kernels (NATIVETRAIN_EMULATOR=checked) are counted.</summary>
    internal static void Count(bool on) => emu_count(on ? 1 : 0);

    /// <summary>What was counted, by kernel. The names can be read until <see cref="Count"/> is called.</summary>
    internal static Counters[] ReadCounters()
    {
        var counters = new Counters[(int)emu_read_counters(null, 0)];
        fixed (Counters* to = counters) emu_read_counters(to, (nuint)counters.Length);
        return counters;
    }
}
