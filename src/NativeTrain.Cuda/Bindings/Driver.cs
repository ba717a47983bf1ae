using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using NativeTrain.Core;

namespace NativeTrain.Cuda.Bindings;

#pragma warning disable IDE1006, CA1707, SA1300 // names are NVIDIA's own

/// <summary>The CUDA driver API, function by function as in NVIDIA's manual "CUDA Driver API"; a name with _v2 is what cuda.h means by the name without.</summary>
internal static unsafe partial class Driver
{
    private const string Lib = Libraries.Driver;

    // --- CUresult
    internal const int Success = 0, OutOfMemory = 2, NoDevice = 100;

    /// <summary>Results that tell of a kernel's failure: CUDA_ERROR_ILLEGAL_ADDRESS to CUDA_ERROR_LAUNCH_FAILED.</summary>
    private const int FirstOfKernels = 700, LastOfKernels = 719;

    /// <summary>Results that tell of a call which may not be captured: CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED to …_WRONG_THREAD.</summary>
    private const int FirstOfCaptures = 900, LastOfCaptures = 908;

    // --- CUdevice_attribute
    internal const int MultiprocessorCount = 16, ComputeCapabilityMajor = 75, ComputeCapabilityMinor = 76, VirtualMemoryManagement = 102;

    // --- CUfunction_attribute, flags
    internal const int SharedSizeBytes = 1, MaxDynamicSharedSizeBytes = 8;
    internal const uint StreamNonBlocking = 1, EventDefault = 0, EventDisableTiming = 2, MemHostAllocPortable = 1;

    /// <summary>The kernel that was launched last, for messages.</summary>
    internal static string LastLaunch { get; set; } = "none";

    /// <summary>CUmemAllocationProp: pinned memory of one device.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct CUmemAllocationProp
    {
        public int type, requestedHandleTypes;
        public CUmemLocation location;
        public nint win32HandleMetaData;
        public byte compressionType, gpuDirectRDMACapable;
        public ushort usage;
        private readonly uint reserved;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct CUmemLocation
    {
        public int type, id;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct CUmemAccessDesc
    {
        public CUmemLocation location;
        public int flags;
    }

    internal const int MemAllocationTypePinned = 1, MemLocationTypeDevice = 1, MemAccessFlagsProtReadWrite = 3, MemAllocGranularityMinimum = 0;

    // --- the driver and its devices
    [LibraryImport(Lib)] internal static partial int cuInit(uint flags);
    [LibraryImport(Lib)] internal static partial int cuDriverGetVersion(out int version);
    [LibraryImport(Lib)] internal static partial int cuGetErrorName(int error, out byte* name);
    [LibraryImport(Lib)] internal static partial int cuGetErrorString(int error, out byte* text);
    [LibraryImport(Lib)] internal static partial int cuDeviceGetCount(out int count);
    [LibraryImport(Lib)] internal static partial int cuDeviceGet(out int device, int ordinal);
    [LibraryImport(Lib)] internal static partial int cuDeviceGetName(byte* name, int length, int device);
    [LibraryImport(Lib)] internal static partial int cuDeviceGetAttribute(out int value, int attribute, int device);
    [LibraryImport(Lib)] internal static partial int cuDeviceTotalMem_v2(out nuint bytes, int device);
    [LibraryImport(Lib)] internal static partial int cuDevicePrimaryCtxRetain(out nint context, int device);
    [LibraryImport(Lib)] internal static partial int cuDevicePrimaryCtxRelease_v2(int device);
    [LibraryImport(Lib)] internal static partial int cuCtxSetCurrent(nint context);
    [LibraryImport(Lib)] internal static partial int cuCtxSynchronize();

    // --- memory
    [LibraryImport(Lib)] internal static partial int cuMemGetInfo_v2(out nuint free, out nuint total);
    [LibraryImport(Lib)] internal static partial int cuMemAlloc_v2(out nint pointer, nuint bytes);
    [LibraryImport(Lib)] internal static partial int cuMemFree_v2(nint pointer);
    [LibraryImport(Lib)] internal static partial int cuMemHostAlloc(out nint pointer, nuint bytes, uint flags);
    [LibraryImport(Lib)] internal static partial int cuMemFreeHost(nint pointer);
    [LibraryImport(Lib)] internal static partial int cuMemcpyHtoDAsync_v2(nint destination, nint source, nuint bytes, CuStreamHandle stream);
    [LibraryImport(Lib)] internal static partial int cuMemcpyDtoHAsync_v2(nint destination, nint source, nuint bytes, CuStreamHandle stream);
    [LibraryImport(Lib)] internal static partial int cuMemcpyDtoDAsync_v2(nint destination, nint source, nuint bytes, CuStreamHandle stream);
    [LibraryImport(Lib)] internal static partial int cuMemsetD8Async(nint destination, byte value, nuint count, CuStreamHandle stream);
    [LibraryImport(Lib)] internal static partial int cuMemsetD32Async(nint destination, uint value, nuint count, CuStreamHandle stream);

    // --- addresses, and memory behind them
    [LibraryImport(Lib)] internal static partial int cuMemGetAllocationGranularity(out nuint granularity, in CUmemAllocationProp prop, int option);
    [LibraryImport(Lib)] internal static partial int cuMemAddressReserve(out nint pointer, nuint size, nuint alignment, nint address, ulong flags);
    [LibraryImport(Lib)] internal static partial int cuMemAddressFree(nint pointer, nuint size);
    [LibraryImport(Lib)] internal static partial int cuMemCreate(out ulong handle, nuint size, in CUmemAllocationProp prop, ulong flags);
    [LibraryImport(Lib)] internal static partial int cuMemRelease(ulong handle);
    [LibraryImport(Lib)] internal static partial int cuMemMap(nint pointer, nuint size, nuint offset, ulong handle, ulong flags);
    [LibraryImport(Lib)] internal static partial int cuMemUnmap(nint pointer, nuint size);
    [LibraryImport(Lib)] internal static partial int cuMemSetAccess(nint pointer, nuint size, in CUmemAccessDesc access, nuint count);

    // --- streams and events
    [LibraryImport(Lib)] internal static partial int cuStreamCreate(out CuStreamHandle stream, uint flags);
    [LibraryImport(Lib)] internal static partial int cuStreamDestroy_v2(nint stream);
    [LibraryImport(Lib)] internal static partial int cuStreamSynchronize(CuStreamHandle stream);
    [LibraryImport(Lib)] internal static partial int cuStreamWaitEvent(CuStreamHandle stream, CuEventHandle e, uint flags);
    [LibraryImport(Lib)] internal static partial int cuEventCreate(out CuEventHandle e, uint flags);
    [LibraryImport(Lib)] internal static partial int cuEventDestroy_v2(nint e);
    [LibraryImport(Lib)] internal static partial int cuEventRecord(CuEventHandle e, CuStreamHandle stream);
    [LibraryImport(Lib)] internal static partial int cuEventSynchronize(CuEventHandle e);
    [LibraryImport(Lib)] internal static partial int cuEventElapsedTime(out float milliseconds, CuEventHandle start, CuEventHandle end);

    // --- graphs: the work of a stream, captured
    /// <summary>CU_STREAM_CAPTURE_MODE_THREAD_LOCAL: other threads may do what the capturing one may not.</summary>
    internal const int CaptureThreadLocal = 1;

    [LibraryImport(Lib)] internal static partial int cuStreamBeginCapture_v2(CuStreamHandle stream, int mode);
    [LibraryImport(Lib)] internal static partial int cuStreamEndCapture(CuStreamHandle stream, out nint graph);
    [LibraryImport(Lib)] internal static partial int cuGraphDestroy(nint graph);
    [LibraryImport(Lib)] internal static partial int cuGraphInstantiateWithFlags(out CuGraphExecHandle executable, nint graph, ulong flags);
    [LibraryImport(Lib)] internal static partial int cuGraphExecDestroy(nint executable);
    [LibraryImport(Lib)] internal static partial int cuGraphLaunch(CuGraphExecHandle executable, CuStreamHandle stream);

    // --- code
    [LibraryImport(Lib)] internal static partial int cuModuleLoadData(out CuModuleHandle module, byte* image);
    [LibraryImport(Lib)] internal static partial int cuModuleUnload(nint module);
    [LibraryImport(Lib, StringMarshalling = StringMarshalling.Utf8)] internal static partial int cuModuleGetFunction(out nint function, CuModuleHandle module, string name);
    [LibraryImport(Lib)] internal static partial int cuFuncGetAttribute(out int value, int attribute, nint function);
    [LibraryImport(Lib)] internal static partial int cuFuncSetAttribute(nint function, int attribute, int value);

    /// <summary>Where a parameter lies among a kernel's, and its bytes; an error past the last. From CUDA 12.4 on.</summary>
    [LibraryImport(Lib)] internal static partial int cuFuncGetParamInfo(nint function, nuint index, out nuint offset, out nuint size);

    [LibraryImport(Lib)]
    internal static partial int cuLaunchKernel(nint function, uint gridX, uint gridY, uint gridZ, uint blockX, uint blockY, uint blockZ,
        uint sharedBytes, CuStreamHandle stream, void** arguments, void** extra);

    /// <summary>Turns a failed call into an exception that names it.</summary>
    /// <exception cref="OutOfDeviceMemoryException">The device has no more memory.</exception>
    /// <exception cref="NotRecordableException">The call may not be made while a stream is captured.</exception>
    /// <exception cref="DeviceException">All else.</exception>
    internal static void Check(int result, [CallerArgumentExpression(nameof(result))] string call = "")
    {
        if (result != Success) throw Failure(result, call.Split('(')[0]);
    }

    private static Exception Failure(int result, string call)
    {
        if (result == OutOfMemory) return OutOfDeviceMemoryException.In(call);
        if (result is >= FirstOfCaptures and <= LastOfCaptures) return new NotRecordableException($"{call}: {Name(result)}");
        if (Libraries.Emulated) return new DeviceException($"{Name(result)}: {Emulator.Report()}");
        if (result is not (>= FirstOfKernels and <= LastOfKernels)) return new DeviceException(call, Name(result), Text(result));
        // A kernel's failure is told by whatever call comes later.
        return new DeviceException($"{call}: {Name(result)} ({Text(result)}) in a kernel, {LastLaunch} or one launched before it; " +
            "CUDA_LAUNCH_BLOCKING=1 tells which, and NATIVETRAIN_EMULATOR=checked with device=emulator its line");
    }

    /// <summary>CUDA_ERROR_… of a result.</summary>
    internal static string Name(int result) =>
        cuGetErrorName(result, out byte* name) == Success && name != null ? Marshal.PtrToStringUTF8((nint)name)! : $"CUDA error {result}";

    /// <summary>What a result means, in the driver's words.</summary>
    internal static string Text(int result) =>
        cuGetErrorString(result, out byte* text) == Success && text != null ? Marshal.PtrToStringUTF8((nint)text)! : "";
}
