namespace NativeTrain.Core;

/// <summary>
/// Runs pieces of work, each under a name, and has the device repeat those that come again (<see cref="IBackend.Record"/>).
/// A piece is done once as it is, so that all that is made at first use is there; recorded when it comes again; and
/// replayed from then on, as long as the recording is valid. On a device that does not record, work is just done.
/// </summary>
/// <remarks>
/// Recording costs as much as asking for the work does, and pays when it is replayed. So recordings have a credit: each costs one,
/// each replay gives one back. Where shapes change all the time the credit is soon used up, and work is done as it is.
/// </remarks>
/// <param name="backend">The device.</param>
/// <param name="enabled">Whether to record at all.</param>
/// <param name="say">Told, once, why work that should be recorded is not; null: nobody.</param>
public sealed class Replays(IBackend backend, bool enabled = true, Action<string>? say = null) : IDisposable
{
    /// <summary>Recordings kept; the one that was not used for the longest time makes room.</summary>
    public const int Most = 8;

    private readonly bool enabled = enabled && backend.CanRecord;

    /// <summary>The pieces that were seen last, the latest at the end; null: done, and not recorded.</summary>
    private readonly OrderedDictionary<string, IReplay?> seen = [];
    private readonly HashSet<string> refused = [];
    private int credit = Most;

    /// <summary>Times that work was replayed instead of asked for.</summary>
    public long Count { get; private set; }

    /// <summary>Does the work, or replays it.</summary>
    /// <param name="name">All that the work's kernels and their arguments depend on, but for the addresses of tensors.</param>
    /// <param name="work">Asks the backend for it. It must do so again and again; it may be asked twice for one run, of which one has no effect.</param>
    public void Run(string name, Action work)
    {
        ArgumentNullException.ThrowIfNull(work);
        if (!enabled || refused.Contains(name))
        {
            work();
            return;
        }
        bool known = seen.Remove(name, out var replay);
        if (replay is { IsValid: false })
        {
            replay.Dispose();
            replay = null;
            known = false;
        }
        if (replay is not null)
        {
            Count++;
            credit = Math.Min(credit + 1, Most);
        }
        else if (known && credit > 0)
        {
            replay = Record(name, work);
        }
        if (replay is null) work();
        if (!refused.Contains(name)) Keep(name, replay);
        replay?.Run();
    }

    public void Dispose()
    {
        foreach (var replay in seen.Values) replay?.Dispose();
        seen.Clear();
    }

    private IReplay? Record(string name, Action work)
    {
        credit--;
        try
        {
            return backend.Record(work);
        }
        catch (NotRecordableException e)
        {
            if (refused.Add(name) && refused.Count == 1) say?.Invoke($"graphs: {e.Message}; such steps are launched kernel by kernel");
            return null;
        }
    }

    private void Keep(string name, IReplay? replay)
    {
        if (seen.Count == Most)
        {
            seen.GetAt(0).Value?.Dispose();
            seen.RemoveAt(0);
        }
        seen.Add(name, replay);
    }
}
