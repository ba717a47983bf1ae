using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace NativeTrain.Cuda.Bindings;

#pragma warning disable IDE1006, CA1707, SA1300 // names are NVIDIA's own

/// <summary>NCCL's collective operations, as in NVIDIA's manual "NCCL API". Operations are put on a stream; none waits for its end.</summary>
internal static unsafe partial class Nccl
{
    private const string Lib = Libraries.Nccl;

    /// <summary>2.10, which brought bfloat16.</summary>
    internal const int Oldest = 21000;

    /// <summary>ncclResult_t.</summary>
    internal const int Success = 0, InProgress = 7;

    // --- ncclDataType_t, ncclRedOp_t
    internal const int Uint8 = 1, Float16 = 6, Float32 = 7, Bfloat16 = 9, Sum = 0;

    /// <summary>ncclUniqueId: what the ranks of a communicator know it by; made by one, handed to the others by other means.</summary>
    [InlineArray(Bytes)]
    internal struct UniqueId
    {
        internal const int Bytes = 128;
        private byte first;
    }

    // --- the library
    /// <summary>21805 is 2.18.5.</summary>
    [LibraryImport(Lib)] internal static partial int ncclGetVersion(out int version);
    [LibraryImport(Lib)] private static partial byte* ncclGetErrorString(int result);

    /// <summary>What went wrong last, of a communicator or (null) of any. From 2.13 on.</summary>
    [LibraryImport(Lib)] private static partial byte* ncclGetLastError(nint communicator);

    // --- communicators
    [LibraryImport(Lib)] internal static partial int ncclGetUniqueId(out UniqueId id);

    /// <summary>Returns when all ranks have called it, each with its device current.</summary>
    [LibraryImport(Lib)] internal static partial int ncclCommInitRank(out nint communicator, int ranks, UniqueId id, int rank);

    /// <summary>What went wrong beside the calls, in the network or in another rank.</summary>
    [LibraryImport(Lib)] internal static partial int ncclCommGetAsyncError(nint communicator, out int error);
    [LibraryImport(Lib)] internal static partial int ncclCommDestroy(nint communicator);

    /// <summary>Ends operations that are under way, which leave nothing of use, and frees the communicator.</summary>
    [LibraryImport(Lib)] internal static partial int ncclCommAbort(nint communicator);

    // --- operations; those between Start and End of a group begin together
    [LibraryImport(Lib)] internal static partial int ncclGroupStart();
    [LibraryImport(Lib)] internal static partial int ncclGroupEnd();

    /// <summary>The sum over ranks, to all; in place where the addresses are one.</summary>
    [LibraryImport(Lib)] internal static partial int ncclAllReduce(nint send, nint receive, nuint count, int type, int op, nint communicator, CuStreamHandle stream);

    /// <summary>What each rank has, to all, by rank; count numbers of each.</summary>
    [LibraryImport(Lib)] internal static partial int ncclAllGather(nint send, nint receive, nuint count, int type, nint communicator, CuStreamHandle stream);
    [LibraryImport(Lib)] internal static partial int ncclBroadcast(nint send, nint receive, nuint count, int type, int root, nint communicator, CuStreamHandle stream);

    /// <summary>Turns a failed call into an exception that names it.</summary>
    internal static void Check(int result, nint communicator = 0, [CallerArgumentExpression(nameof(result))] string call = "")
    {
        if (result is Success or InProgress) return;
        throw new DeviceException(call.Split('(')[0], $"NCCL result {result}", Text(result, communicator));
    }

    /// <summary>What a result means, and what NCCL says of how it came.</summary>
    internal static string Text(int result, nint communicator)
    {
        string text = Marshal.PtrToStringUTF8((nint)ncclGetErrorString(result)) ?? "";
        if (!Libraries.Has(Lib, nameof(ncclGetLastError))) return text;
        string last = Marshal.PtrToStringUTF8((nint)ncclGetLastError(communicator)) ?? "";
        return last.Length > 0 ? $"{text}: {last.Trim()}" : text;
    }
}
