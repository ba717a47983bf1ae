using System.Diagnostics;
using NativeTrain.Core;
using NativeTrain.Cuda;
using static NativeTrain.NcclRank.Numbers;

namespace NativeTrain.NcclRank;

/// <summary>Ranks that ask for different things, and one that dies while another waits for it.</summary>
internal static class Faults
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    /// <summary>Prints what this rank is told; the device is usable afterwards, the collectives are not.</summary>
    public static void Run(FolderControl control, CudaBackend backend, string scenario)
    {
        using var told = new ManualResetEventSlim();
        string line = "";
        using var nccl = new NcclCollectives(control, backend, l => { line = l; told.Set(); });
        using var t = ToDevice(backend, Of(nccl.Rank, 0, scenario == "mismatch" ? 4 + nccl.Rank : 4));
        if (scenario == "death")
        {
            nccl.StartAllReduce(backend, [t]).Wait();
            backend.Synchronize();
            Die(nccl);
        }
        nccl.StartAllReduce(backend, [t]).Wait();
        backend.Synchronize(); // ends, because what it waits for is aborted
        if (!told.Wait(Patience)) throw new WrongException("nobody was told of the fault");
        Console.WriteLine(line);
        try
        {
            nccl.StartAllReduce(backend, [t]);
        }
        catch (DeviceException e) when (e.Message == line)
        {
            return;
        }
        throw new WrongException("a sum was begun after the fault");
    }

    /// <summary>The same death, where nobody asked to be told: this does not return.</summary>
    public static void DieUnwatched(FolderControl control, CudaBackend backend)
    {
        using var nccl = new NcclCollectives(control, backend);
        using var t = ToDevice(backend, Of(nccl.Rank, 0, 4));
        Die(nccl);
        nccl.StartAllReduce(backend, [t]).Wait();
        backend.Synchronize();
        Thread.Sleep(Patience);
        throw new WrongException("the run went on");
    }

    /// <summary>The last rank's process ends as by kill -9.</summary>
    private static void Die(NcclCollectives nccl)
    {
        if (nccl.Rank == nccl.Size - 1) Process.GetCurrentProcess().Kill();
    }
}
