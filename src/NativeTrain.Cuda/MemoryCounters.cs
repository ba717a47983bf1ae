using System.Runtime.InteropServices;
using NativeTrain.Cuda.Bindings;
using static NativeTrain.Cuda.Bindings.Emulator;

namespace NativeTrain.Cuda;

/// <summary>What the emulator counted of a kernel's memory accesses. A request is a load or store that a warp's 32 lanes make together.</summary>
/// <param name="Kernel">As in its KERNEL line, without blanks.</param>
/// <param name="GlobalRequests">Requests to global memory.</param>
/// <param name="GlobalSectors">Pieces of 32 bytes that they touch: what the memory really moves.</param>
/// <param name="GlobalBytes">Bytes that they want.</param>
/// <param name="SharedRequests">Requests to shared memory.</param>
/// <param name="SharedWavefronts">Turns that its 32 banks take for them.</param>
/// <param name="SharedIdeal">Turns without bank conflicts.</param>
public sealed record MemoryCounters(string Kernel, long Launches, long GlobalRequests, long GlobalSectors, long GlobalBytes, long SharedRequests, long SharedWavefronts, long SharedIdeal)
{
    /// <summary>The part of the bytes moved that was wanted, 0…1; above 1 where lanes share what they read.</summary>
    public double Coalescing => GlobalSectors == 0 ? 1 : GlobalBytes / (32.0 * GlobalSectors);

    /// <summary>Turns of shared memory for each that would do without bank conflicts; 1 is best.</summary>
    public double BankConflicts => SharedIdeal == 0 ? 1 : (double)SharedWavefronts / SharedIdeal;

    /// <summary>Whether kernels are counted at all: on the emulator with its checked kernels.</summary>
    public static bool Available => Libraries.Checked;

    /// <summary>Counts what the backend's kernels do while <paramref name="work"/> runs.</summary>
    /// <returns>A row a kernel, by name.</returns>
    public static unsafe IReadOnlyList<MemoryCounters> Count(CudaBackend backend, Action work)
    {
        ArgumentNullException.ThrowIfNull(backend);
        ArgumentNullException.ThrowIfNull(work);
        backend.Synchronize();
        emu_count(1);
        work();
        backend.Synchronize();
        var rows = new Counters[(int)emu_read_counters(null, 0)];
        fixed (Counters* p = rows) emu_read_counters(p, (nuint)rows.Length);
        MemoryCounters[] read = [.. rows.Select(Read)];
        emu_count(0);
        return read;
    }

    private static unsafe MemoryCounters Read(Counters c) => new(
        Marshal.PtrToStringUTF8((nint)c.kernel) ?? "", (long)c.launches, (long)c.global_requests, (long)c.global_sectors, (long)c.global_bytes,
        (long)c.shared_requests, (long)c.shared_wavefronts, (long)c.shared_ideal);
}
