using System.Runtime.InteropServices;
using NativeTrain.Core;
using NativeTrain.Cuda.Bindings;
using static NativeTrain.Cuda.Bindings.Nccl;

namespace NativeTrain.Cuda.Collectives;

/// <summary>
/// A rank's place among those that speak through NCCL. A thread asks NCCL now and then whether something went wrong, because nobody else
/// learns of it: the device would wait for ever. Then the one who opened this is told, and the communicator aborted, which ends what waits.
/// </summary>
internal sealed class NcclCommunicator : IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);

    private readonly Lock gate = new();
    private readonly Thread watch;
    private readonly ManualResetEventSlim closing = new();
    private readonly Action<string> lost;
    private nint handle;
    private volatile string? failure;

    /// <summary>Meets the other ranks: all call it, each with its device current.</summary>
    /// <param name="control">How the ranks speak by other means.</param>
    /// <param name="lost">Told, by a thread, in one line, that the ranks can speak no more.</param>
    /// <exception cref="DeviceException">NCCL does not start.</exception>
    public NcclCommunicator(ICollectives control, Action<string> lost)
    {
        this.lost = lost;
        UniqueId id = default;
        if (control.Rank == 0) Check(ncclGetUniqueId(out id));
        control.Broadcast(MemoryMarshal.AsBytes(new Span<UniqueId>(ref id)), root: 0);
        Check(ncclCommInitRank(out handle, control.Size, id, control.Rank));
        watch = new Thread(Watch) { IsBackground = true, Name = "nccl watch" };
        watch.Start();
    }

    /// <summary>Begins operations together.</summary>
    /// <param name="operations">Is given the ncclComm_t.</param>
    /// <exception cref="DeviceException">NCCL refuses, or has failed before.</exception>
    public void Group(Action<nint> operations)
    {
        lock (gate)
        {
            if (failure is { } earlier) throw new DeviceException(earlier);
            Check(ncclGroupStart());
            try
            {
                operations(handle);
            }
            catch
            {
                _ = ncclGroupEnd(); // a thread's next group would be part of this one
                throw;
            }
        }
        Check(ncclGroupEnd()); // may wait for the device, and that for the watch
    }

    private void Watch()
    {
        while (!closing.Wait(Interval))
        {
            int asked = ncclCommGetAsyncError(handle, out int error);
            if (asked != Success) error = asked;
            if (error is Success or InProgress) continue;
            failure = $"nccl: {Text(error, handle)}";
            lost(failure);
            Close(ncclCommAbort);
            return;
        }
    }

    /// <summary>By the watch, or when that has ended.</summary>
    private int Close(Func<nint, int> how)
    {
        lock (gate)
        {
            if (handle == 0) return Success;
            nint h = handle;
            handle = 0;
            return how(h);
        }
    }

    /// <summary>Waits for what was begun, unless it has failed.</summary>
    public void Dispose()
    {
        closing.Set();
        watch.Join();
        int result = Close(failure is null ? ncclCommDestroy : ncclCommAbort);
        closing.Dispose();
        if (failure is null) Check(result, 0, nameof(ncclCommDestroy));
    }
}
