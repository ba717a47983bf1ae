using NativeTrain.Core;
using NativeTrain.Cuda.Bindings;
using NativeTrain.Cuda.Collectives;
using static NativeTrain.Cuda.Bindings.Nccl;

namespace NativeTrain.Cuda;

/// <summary>
/// Ranks with a GPU each, whose tensors are summed and gathered by NCCL without coming to the host. Operations go to a stream of their own, so that the
/// walk back goes on beside them, and one after the other: ranks that begin them in the same order cannot wait for each
/// other crosswise. What concerns the host goes another way, by MPI.
/// </summary>
public sealed class NcclCollectives : ICollectives
{
    /// <summary>The exit code of a run that lost a rank.</summary>
    private const int RankLost = 4;

    private readonly ICollectives control;
    private readonly CudaBackend backend;
    private readonly CommunicationStream stream;
    private readonly NcclCommunicator communicator;

    /// <summary>Meets the other ranks: all call it.</summary>
    /// <param name="control">How the ranks speak by other means; stays the caller's.</param>
    /// <param name="backend">This rank's device, which no other rank has.</param>
    /// <param name="lost">Told by a thread, once, in a line, that ranks can speak no more; null: the line is printed and all ranks are ended.</param>
    /// <exception cref="InputException">NCCL is not installed, or too old.</exception>
    /// <exception cref="DeviceException">It does not start.</exception>
    public NcclCollectives(ICollectives control, CudaBackend backend, Action<string>? lost = null)
    {
        ArgumentNullException.ThrowIfNull(control);
        ArgumentNullException.ThrowIfNull(backend);
        if (Missing is { } problem) throw new InputException(problem);
        (this.control, this.backend) = (control, backend);
        backend.Device.MakeCurrent();
        communicator = new NcclCommunicator(control, lost ?? End);
        stream = backend.OpenCommunication();
    }

    /// <summary>Why there is no NCCL to work with, in one line; null: there is.</summary>
    public static string? Missing
    {
        get
        {
            if (!Libraries.Has(Libraries.Nccl)) return $"NCCL is not installed ({Libraries.Candidates(Libraries.Nccl)} was not found; Debian and Ubuntu: apt-get install libnccl2)";
            Check(ncclGetVersion(out int version));
            return version >= Oldest ? null : $"NCCL {Release(version)} is too old; 2.10 or later is needed";
        }
    }

    /// <summary>"2.18.5".</summary>
    public static string Version
    {
        get
        {
            Check(ncclGetVersion(out int version));
            return Release(version);
        }
    }

    public string Name => "nccl";
    public int Rank => control.Rank;
    public int Size => control.Size;
    public IReadOnlyList<string> Hosts => control.Hosts;

    // --- tensors: float32, or 16 bits, which NCCL may add up in 16 bits
    public IPending StartAllReduce(IBackend backend, IReadOnlyList<Tensor> tensors)
    {
        ArgumentNullException.ThrowIfNull(tensors);
        foreach (var t in tensors) RequireMine(backend, t);
        return new Pending(stream, stream.Begin(s => communicator.Group(c =>
        {
            foreach (var t in tensors) Check(ncclAllReduce(t.Pointer, t.Pointer, (nuint)t.Count, TypeOf(t), Sum, c, s), c);
        })));
    }

    private sealed class Pending(CommunicationStream stream, CuEventHandle end) : IPending
    {
        public void Wait() => stream.Join(end);
    }

    public void AllGather(IBackend backend, Tensor part, Tensor all)
    {
        ArgumentNullException.ThrowIfNull(part);
        ArgumentNullException.ThrowIfNull(all);
        RequireMine(backend, part);
        RequireMine(backend, all);
        if (all.Count != Size * part.Count || all.Type != part.Type) throw new ArgumentException($"{part} of {Size} ranks does not fill {all}");
        stream.Join(stream.Begin(s => communicator.Group(c => Check(ncclAllGather(part.Pointer, all.Pointer, (nuint)part.Count, TypeOf(part), c, s), c))));
    }

    /// <summary>Replaces a tensor by that of rank <paramref name="root"/>, in the order of the compute stream.</summary>
    public void Broadcast(Tensor tensor, int root)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        RequireMine(backend, tensor);
        stream.Join(stream.Begin(s => communicator.Group(c => Check(ncclBroadcast(tensor.Pointer, tensor.Pointer, (nuint)tensor.Count, TypeOf(tensor), root, c, s), c))));
    }

    // --- the host's
    public void AllReduce(Span<double> numbers) => control.AllReduce(numbers);
    public void Broadcast(Span<byte> bytes, int root) => control.Broadcast(bytes, root);
    public IReadOnlyList<byte[]> AllGather(ReadOnlySpan<byte> bytes) => control.AllGather(bytes);
    public void Barrier() => control.Barrier();
    public void Abort(int exitCode) => control.Abort(exitCode);

    /// <summary>Before the backend, and on all ranks.</summary>
    public void Dispose()
    {
        backend.Device.MakeCurrent();
        communicator.Dispose();
        stream.Dispose();
    }

    private void End(string line)
    {
        Console.Error.WriteLine($"error: rank {Rank} on {Hosts[Rank]}: {line}: the run ends here; go on from its last checkpoint with train resume=");
        Console.Error.Flush();
        control.Abort(RankLost);
    }

    private void RequireMine(IBackend backend, Tensor t)
    {
        if (backend != this.backend) throw new ArgumentException($"{t} is another device's");
        OneBlock.Require(t);
    }

    private static int TypeOf(Tensor t) => t.Type switch
    {
        DType.F32 => Float32,
        DType.F16 => Float16,
        DType.BF16 => Bfloat16,
        _ => throw new ArgumentException($"{t}: only floats are summed and gathered"),
    };

    /// <summary>Until 2.8 2804 was 2.8.4; from 2.9 on 20908 is 2.9.8.</summary>
    private static string Release(int version) =>
        version < 10000 ? $"{version / 1000}.{version % 1000 / 100}.{version % 100}" : $"{version / 10000}.{version % 10000 / 100}.{version % 100}";
}
