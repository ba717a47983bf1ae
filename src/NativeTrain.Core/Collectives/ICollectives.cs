namespace NativeTrain.Core;

/// <summary>
/// What the processes ("ranks") of one training say to each other. Every method but <see cref="Abort"/> is collective: all
/// ranks call it, in the same order, with arguments that fit together, and each waits for what it needs of the others.
/// One engine is MPI, which speaks of host memory (tensors of a device go through it); another is NCCL, which speaks of a
/// device's tensors and leaves the rest to MPI; <see cref="OneProcess"/> is a training without a launcher.
/// Sums have a fixed order: the same ranks with the same numbers give the same bits, and all ranks receive the same.
/// </summary>
public interface ICollectives : IDisposable
{
    /// <summary>The engine's name for the user: "one process", "mpi", "nccl".</summary>
    string Name { get; }

    /// <summary>This process, 0 … Size − 1. Rank 0 writes files and speaks to the user.</summary>
    int Rank { get; }

    /// <summary>Number of processes.</summary>
    int Size { get; }

    /// <summary>Name of every rank's machine, by rank.</summary>
    IReadOnlyList<string> Hosts { get; }

    /// <summary>This rank's place among those on its machine: the number of its GPU.</summary>
    int LocalRank => Hosts.Take(Rank).Count(h => h == Hosts[Rank]);

    /// <summary>Ranks on this machine, which share its cores.</summary>
    int LocalSize => Hosts.Count(h => h == Hosts[Rank]);

    // --- tensors: dense F32, of one backend; ordered after what the backend was asked for before
    /// <summary>
    /// Begins to replace the tensors by their sums over all ranks. They must be left alone until <see cref="IPending.Wait"/>.
    /// Several may be under way; all ranks begin them in the same order.
    /// </summary>
    IPending StartAllReduce(IBackend backend, IReadOnlyList<Tensor> tensors);

    /// <summary>Lets what is under way go on, where that needs the host now and then. Not collective; costs little.</summary>
    void Progress() { }

    /// <summary>
    /// Puts what every rank has in <paramref name="part"/> into <paramref name="all"/>, by rank: <paramref name="all"/> has Size
    /// times as many numbers. What the backend is asked for next sees it (a device need not wait on the host).
    /// </summary>
    void AllGather(IBackend backend, Tensor part, Tensor all);

    // --- the host's numbers
    /// <summary>Sums over all ranks, in double, in the order of ranks.</summary>
    void AllReduce(Span<double> numbers);

    /// <summary>Replaces the bytes by those of rank <paramref name="root"/>; as many on every rank.</summary>
    void Broadcast(Span<byte> bytes, int root);

    /// <summary>What every rank gave, by rank; lengths may differ, and be zero.</summary>
    IReadOnlyList<byte[]> AllGather(ReadOnlySpan<byte> bytes);

    /// <summary>Returns when all ranks have called it.</summary>
    void Barrier();

    /// <summary>Ends the processes of all ranks, this one too, whatever they do. Does not return.</summary>
    /// <param name="exitCode">Of the whole run.</param>
    void Abort(int exitCode);
}

/// <summary>Communication that is under way.</summary>
public interface IPending
{
    /// <summary>Returns when the result is there: for the host where it lies in host memory, else for what the backend is asked for next.</summary>
    void Wait();
}
