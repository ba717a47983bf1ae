using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace NativeTrain.Cuda.Bindings;

#pragma warning disable IDE1006, CA1707, SA1300 // names are NVIDIA's own

/// <summary>NVRTC, the compiler from CUDA C++ to a GPU's code, as in NVIDIA's manual "NVRTC".</summary>
internal static unsafe partial class Nvrtc
{
    private const string Lib = Libraries.Nvrtc;

    // --- nvrtcResult
    internal const int Success = 0, CompilationFailed = 6;

    [LibraryImport(Lib)] internal static partial int nvrtcVersion(out int major, out int minor);
    [LibraryImport(Lib)] internal static partial int nvrtcGetNumSupportedArchs(out int count);
    [LibraryImport(Lib)] internal static partial int nvrtcGetSupportedArchs(int* archs);
    [LibraryImport(Lib)] private static partial byte* nvrtcGetErrorString(int result);

    [LibraryImport(Lib, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int nvrtcCreateProgram(out NvrtcProgramHandle program, string source, string name, int headers, byte** headerSources, byte** headerNames);
    [LibraryImport(Lib)] internal static partial int nvrtcDestroyProgram(ref nint program);
    [LibraryImport(Lib, StringMarshalling = StringMarshalling.Utf8)] internal static partial int nvrtcAddNameExpression(NvrtcProgramHandle program, string expression);
    [LibraryImport(Lib, StringMarshalling = StringMarshalling.Utf8)] internal static partial int nvrtcCompileProgram(NvrtcProgramHandle program, int count, string[] options);
    [LibraryImport(Lib, StringMarshalling = StringMarshalling.Utf8)] internal static partial int nvrtcGetLoweredName(NvrtcProgramHandle program, string expression, out byte* name);
    [LibraryImport(Lib)] internal static partial int nvrtcGetCUBINSize(NvrtcProgramHandle program, out nuint bytes);
    [LibraryImport(Lib)] internal static partial int nvrtcGetCUBIN(NvrtcProgramHandle program, byte* cubin);
    [LibraryImport(Lib)] internal static partial int nvrtcGetPTXSize(NvrtcProgramHandle program, out nuint bytes);
    [LibraryImport(Lib)] internal static partial int nvrtcGetPTX(NvrtcProgramHandle program, byte* ptx);
    [LibraryImport(Lib)] internal static partial int nvrtcGetProgramLogSize(NvrtcProgramHandle program, out nuint bytes);
    [LibraryImport(Lib)] internal static partial int nvrtcGetProgramLog(NvrtcProgramHandle program, byte* log);

    /// <summary>Turns a failed call into an exception that names it.</summary>
    /// <exception cref="DeviceException">The call failed.</exception>
    internal static void Check(int result, [CallerArgumentExpression(nameof(result))] string call = "")
    {
        if (result != Success) throw new DeviceException(call.Split('(')[0], $"NVRTC error {result}", Marshal.PtrToStringUTF8((nint)nvrtcGetErrorString(result)) ?? "");
    }
}
