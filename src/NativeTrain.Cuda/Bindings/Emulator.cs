using System.Runtime.InteropServices;

namespace NativeTrain.Cuda.Bindings;

#pragma warning disable IDE1006, CA1707, SA1300 // names are the library's own

/// <summary>What the emulator (native/emulator/emulator.h) exports beside NVIDIA's functions.</summary>
internal static unsafe partial class Emulator
{
    private const string Lib = Libraries.Emulator;

    [LibraryImport(Lib)] private static partial byte* emu_report();

    /// <summary>What was wrong with the last call that failed, in the emulator's words: call, kernel, thread, line.</summary>
    internal static string Report() => Marshal.PtrToStringUTF8((nint)emu_report()) ?? "";
}
