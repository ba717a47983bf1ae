using NativeTrain.Core;
using NativeTrain.Cuda;
using NativeTrain.Mpi;
using NativeTrain.Training;

namespace NativeTrain.Cli;

/// <summary>
/// The processes that a launcher started to train together, of which this is one; without a launcher, this process alone. MPI is loaded
/// here, and only where a launcher is seen.
/// </summary>
internal sealed class Ranks : IDisposable
{
    private readonly MpiCollectives? mpi;
    private IBackend? backend;
    private NcclCollectives? nccl;

    private Ranks(MpiCollectives? mpi) => this.mpi = mpi;

    /// <summary>Joins the others.</summary>
    /// <exception cref="InputException">There is no MPI here, or it is not the launcher's.</exception>
    public static Ranks Join() => new(Launcher.Seen is { } launcher ? MpiCollectives.Join(launcher) : null);

    /// <summary>Refuses to start a verb that one process does as many times over as a launcher started processes.</summary>
    /// <exception cref="InputException">There is a launcher.</exception>
    public static void RequireOne(string verb)
    {
        if (Launcher.Seen is { } launcher)
            throw new InputException($"{verb} runs in one process, but {launcher.Name} started {launcher.Size}; leave {launcher.Name} out (train is what several processes do together)");
    }

    /// <summary>Joins the others and does the work. Where it fails on one of several, all end.</summary>
    public static int Run(Func<Ranks, int> work)
    {
        using var ranks = Join();
        try
        {
            return work(ranks);
        }
        catch (Exception e) when (ranks.Collectives.Size > 1)
        {
            var (code, line) = Failure.Of(e);
            ranks.Fail(code, line);
            throw;
        }
    }

    public ICollectives Collectives => (ICollectives?)nccl ?? (mpi is null ? OneProcess.Instance : mpi);

    /// <summary>
    /// Opens this process's backend, which is closed with this; of several processes on a machine each takes a GPU of its own. GPUs speak through
    /// NCCL where every rank has it; otherwise through MPI and the host's memory, as rank 0 says.
    /// </summary>
    /// <exception cref="InputException">See <see cref="Backends.Open"/>.</exception>
    public IBackend Open(string? device, int threads, string? conv)
    {
        backend = Backends.Open(device, threads, conv, Collectives.LocalRank, Threads(threads));
        if (mpi is not null) Connect(mpi, backend);
        return backend;
    }

    private void Connect(MpiCollectives mpi, IBackend backend)
    {
        string? problem = backend is CudaBackend ? NcclCollectives.Missing : "the CPU needs none";
        double[] without = [problem is null ? 0 : 1];
        mpi.AllReduce(without);
        if (without[0] == 0) nccl = new NcclCollectives(mpi, (CudaBackend)backend);
        else if (backend is CudaBackend && Speaks)
            Console.Error.WriteLine($"{problem ?? "a rank has no NCCL"}: gradients go through the host's memory and MPI, which is slower");
    }

    /// <summary>Whether this process speaks to the user.</summary>
    public bool Speaks => Collectives.Rank == 0;

    /// <summary>
    /// Compute threads of this process: those asked for, or, of several on a machine that may use the same cores, its share of them. A launcher
    /// that gives every process cores of its own has divided them already.
    /// </summary>
    public int Threads(int asked)
    {
        if (asked > 0 || mpi is null) return asked;
        var cores = ProcessorSet.OfThisProcess();
        var others = mpi.AllGather(cores.ToBytes()).Select(ProcessorSet.Of).ToList();
        int sharing = others.Where((set, r) => mpi.Hosts[r] == mpi.Hosts[mpi.Rank] && set.Overlaps(cores)).Count();
        return Math.Max(1, Math.Min(Environment.ProcessorCount, cores.Count) / sharing);
    }

    /// <summary>The processes as a training sees them, watched from here on: one that is silent for too long ends the run.</summary>
    public DataParallel Train(TrainOptions options)
    {
        if (mpi is null) return DataParallel.Alone;
        mpi.Watch(options.RankTimeout);
        return new DataParallel(Collectives, options.SyncBatchNorm);
    }

    /// <summary>
    /// This process has failed; the others cannot go on. Tells why, with its rank, and ends all. Where all fail alike, as they do by
    /// a wrong option, rank 0 is the one who tells.
    /// </summary>
    public void Fail(int exitCode, string? line)
    {
        if (mpi is null) return;
        if (mpi.Rank > 0)
        {
            Thread.Sleep(TimeSpan.FromSeconds(1));
            line = $"rank {mpi.Rank} on {mpi.Hosts[mpi.Rank]}: {line}";
        }
        if (line is not null) Console.Error.WriteLine(line);
        Console.Error.Flush();
        mpi.Abort(exitCode);
    }

    /// <summary>What NCCL was asked for is done before its device goes.</summary>
    public void Dispose()
    {
        nccl?.Dispose();
        backend?.Dispose();
        mpi?.Dispose();
    }
}
