using System.Runtime.InteropServices;
using System.Text;

namespace NativeTrain.Mpi;

#pragma warning disable IDE1006, CA1707, SA1300 // names are the native library's own

/// <summary>native/mpi, function by function. Each returns 0, or an error of MPI's.</summary>
internal static unsafe partial class Native
{
    private const string Lib = "nativetrain_mpi";

    [LibraryImport(Lib)] internal static partial int ntmpi_init(int* rank, int* size);
    [LibraryImport(Lib)] internal static partial void ntmpi_finalize();
    [LibraryImport(Lib)] internal static partial void ntmpi_abort(int code);
    [LibraryImport(Lib)] private static partial void ntmpi_host(byte* name, int bytes);
    [LibraryImport(Lib)] private static partial void ntmpi_version(byte* text, int bytes);
    [LibraryImport(Lib)] private static partial void ntmpi_error(int code, byte* text, int bytes);

    [LibraryImport(Lib)] internal static partial int ntmpi_start_allreduce(float* numbers, int count, nint* pending);
    [LibraryImport(Lib)] internal static partial int ntmpi_pending_wait(nint pending);
    [LibraryImport(Lib)] internal static partial int ntmpi_progress();
    [LibraryImport(Lib)] internal static partial int ntmpi_broadcast(void* bytes, int count, int root);
    [LibraryImport(Lib)] internal static partial int ntmpi_allgather(void* part, int count, void* all);
    [LibraryImport(Lib)] internal static partial int ntmpi_allgather_varying(void* part, int count, void* all, int* counts, int* begins);
    [LibraryImport(Lib)] internal static partial int ntmpi_barrier();

    [LibraryImport(Lib, StringMarshalling = StringMarshalling.Utf8)] internal static partial int ntmpi_heartbeat_start(double seconds, string previous);
    [LibraryImport(Lib)] internal static partial void ntmpi_heartbeat_stop();

    /// <summary>This machine's name.</summary>
    internal static string Host() => Text((text, bytes) => ntmpi_host((byte*)text, bytes));

    /// <summary>MPI's maker and version, in its first line.</summary>
    internal static string Version() => Text((text, bytes) => ntmpi_version((byte*)text, bytes)).Split('\n')[0].Split(',')[0];

    /// <exception cref="MpiException">The code is not 0.</exception>
    internal static void Check(int code)
    {
        if (code != 0) throw new MpiException(Text((text, bytes) => ntmpi_error(code, (byte*)text, bytes)));
    }

    private static string Text(Action<nint, int> write)
    {
        byte* text = stackalloc byte[1024];
        text[0] = 0;
        write((nint)text, 1024);
        return Encoding.UTF8.GetString(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(text)).Trim();
    }
}

/// <summary>MPI has refused a call; the message is its own.</summary>
public sealed class MpiException(string message) : Exception($"MPI: {message}");
