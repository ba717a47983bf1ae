using System.Runtime.InteropServices;
using System.Text;
using NativeTrain.Core;
using static NativeTrain.Mpi.Native;

namespace NativeTrain.Mpi;

/// <summary>
/// Ranks that speak through MPI, by native/mpi. Tensors of a CPU are packed into one buffer a call; those of another device are
/// copied to the host and back. There is one of these in a process.
/// </summary>
public sealed unsafe class MpiCollectives : ICollectives
{
    private readonly HostBuffers buffers = new();
    private bool beating;

    private MpiCollectives(int rank, int size)
    {
        (Rank, Size) = (rank, size);
        Hosts = [.. AllGather(Encoding.UTF8.GetBytes(Host())).Select(Encoding.UTF8.GetString)];
    }

    /// <summary>Joins the other ranks.</summary>
    /// <param name="launcher">What started this process.</param>
    /// <exception cref="InputException">The library was not built for want of an MPI, or launcher and MPI do not find each other.</exception>
    public static MpiCollectives Join(Launcher launcher)
    {
        ArgumentNullException.ThrowIfNull(launcher);
        int rank, size;
        try
        {
            int code = ntmpi_init(&rank, &size);
            if (code < 0) throw new InputException("this MPI gives a process's threads no turns (MPI_THREAD_SERIALIZED), which training needs; take Open MPI or MPICH");
            Check(code);
        }
        catch (DllNotFoundException e)
        {
            throw new InputException($"{launcher.Name} started {launcher.Size} processes, but this program was built without MPI; install one (Debian: apt-get install libopenmpi-dev openmpi-bin) and run ./build.sh again, or start one process without {launcher.Name}", e);
        }
        if (size != launcher.Size)
            throw new InputException($"{launcher.Name} started {launcher.Size} processes, but MPI sees {size}: it is of another MPI than the one that this program was built with ({(launcher.Name == "srun" ? "try srun --mpi=pmix" : Native.Version())})");
        return new MpiCollectives(rank, size);
    }

    public string Name => "mpi";

    public int Rank { get; }
    public int Size { get; }
    public IReadOnlyList<string> Hosts { get; }

    /// <summary>From here on a rank that is silent for so long ends the run, by a line that names it. All ranks call it.</summary>
    public void Watch(TimeSpan patience)
    {
        int previous = (Rank + Size - 1) % Size;
        beating = true;
        if (ntmpi_heartbeat_start(patience.TotalSeconds, Hosts[previous]) != 0) throw new MpiException("no thread could be started for the heartbeat");
    }

    public IPending StartAllReduce(IBackend backend, IReadOnlyList<Tensor> tensors)
    {
        ArgumentNullException.ThrowIfNull(backend);
        ArgumentNullException.ThrowIfNull(tensors);
        int count = checked((int)tensors.Sum(t => t.Count));
        var buffer = buffers.Rent(count);
        int at = 0;
        foreach (var t in tensors)
        {
            backend.Download(t, MemoryMarshal.AsBytes(buffer.Numbers.Slice(at, (int)t.Count)));
            at += (int)t.Count;
        }
        nint pending;
        Check(ntmpi_start_allreduce(buffer.Pointer, count, &pending));
        return new PendingSum(this, backend, tensors, buffer, pending);
    }

    private sealed class PendingSum(MpiCollectives owner, IBackend backend, IReadOnlyList<Tensor> tensors, HostBuffers.Buffer buffer, nint pending) : IPending
    {
        public void Wait()
        {
            Check(ntmpi_pending_wait(pending));
            int at = 0;
            foreach (var t in tensors)
            {
                backend.Upload(MemoryMarshal.AsBytes(buffer.Numbers.Slice(at, (int)t.Count)), t);
                at += (int)t.Count;
            }
            backend.Synchronize(); // the buffer is used again
            owner.buffers.Return(buffer);
        }
    }

    public void Progress() => Check(ntmpi_progress());

    public void AllGather(IBackend backend, Tensor part, Tensor all)
    {
        ArgumentNullException.ThrowIfNull(backend);
        ArgumentNullException.ThrowIfNull(part);
        ArgumentNullException.ThrowIfNull(all);
        if (all.Count != Size * part.Count) throw new ArgumentException($"{part} of {Size} ranks does not fill {all}");
        var buffer = buffers.Rent(checked((int)(part.Count + all.Count)));
        var mine = buffer.Numbers[..(int)part.Count];
        backend.Download(part, MemoryMarshal.AsBytes(mine));
        Check(ntmpi_allgather(buffer.Pointer, checked((int)part.Bytes), buffer.Pointer + part.Count));
        backend.Upload(MemoryMarshal.AsBytes(buffer.Numbers.Slice((int)part.Count, (int)all.Count)), all);
        backend.Synchronize();
        buffers.Return(buffer);
    }

    public void AllReduce(Span<double> numbers)
    {
        byte[] all = new byte[numbers.Length * sizeof(double) * Size];
        fixed (double* part = numbers)
        fixed (byte* to = all)
            Check(ntmpi_allgather(part, numbers.Length * sizeof(double), to));
        numbers.Clear();
        var parts = MemoryMarshal.Cast<byte, double>(all);
        for (int i = 0; i < parts.Length; i++) numbers[i % numbers.Length] += parts[i];
    }

    public void Broadcast(Span<byte> bytes, int root)
    {
        fixed (byte* p = bytes) Check(ntmpi_broadcast(p, bytes.Length, root));
    }

    public IReadOnlyList<byte[]> AllGather(ReadOnlySpan<byte> bytes)
    {
        int[] counts = new int[Size], begins = new int[Size];
        int count = bytes.Length;
        fixed (int* lengths = counts) Check(ntmpi_allgather(&count, sizeof(int), lengths));
        for (int r = 1; r < Size; r++) begins[r] = checked(begins[r - 1] + counts[r - 1]);
        byte[] all = new byte[checked(begins[^1] + counts[^1])];
        fixed (byte* part = bytes, to = all)
        fixed (int* lengths = counts, at = begins)
            Check(ntmpi_allgather_varying(part, count, to, lengths, at));
        return [.. counts.Select((n, r) => all[begins[r]..(begins[r] + n)])];
    }

    public void Barrier() => Check(ntmpi_barrier());

    public void Abort(int exitCode)
    {
        Console.Out.Flush();
        ntmpi_abort(exitCode);
        Environment.Exit(exitCode); // where MPI has not ended the process
    }

    /// <summary>Leaves in good order; all ranks do.</summary>
    public void Dispose()
    {
        Barrier();
        if (beating) ntmpi_heartbeat_stop();
        buffers.Dispose();
        ntmpi_finalize();
    }
}
