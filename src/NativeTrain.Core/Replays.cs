namespace NativeTrain.Core;

/// <summary>
/// Runs pieces of work, each under a name, and has the device repeat those that come again (<see cref="IBackend.Record"/>).
/// A piece is done once as it is, so that all that is made at first use is there; recorded when it comes again; and
/// replayed from then on, as long as the recording is valid. On a device that does not record, work is just done.
/// </summary>
/// <remarks>
/// Recording costs as much as asking for the work does, and pays when it is replayed. So recordings have a credit: each costs as much as a
/// replay gives back, and work that comes again without being recorded gives back a little. Where shapes change all the time the
/// credit is soon used up and work is done as it is; when they settle, it is recorded again.
/// </remarks>
/// <param name="backend">The device.</param>
/// <param name="enabled">Whether to record at all.</param>
/// <param name="say">Told, once, why work that should be recorded is not; null: nobody.</param>
public sealed class Replays(IBackend backend, bool enabled = true, Action<string>? say = null) : IDisposable
{
    /// <summary>Recordings kept; the one that was not used for the longest time makes room.</summary>
    public const int Most = 8;

    /// <summary>Names kept of work that was done as it is.</summary>
    private const int MostSeen = 256;

    /// <summary>What a recording costs and a replay gives back, where a run of known work gives back one.</summary>
    internal const int Price = 32;

    private readonly bool enabled = enabled && backend.CanRecord;

    /// <summary>The latest used at the end.</summary>
    private readonly OrderedDictionary<string, IReplay> recordings = [];

    /// <summary>Work that was done and is not recorded, the latest at the end.</summary>
    private readonly List<string> seen = [];

    /// <summary>Work that cannot be recorded.</summary>
    private readonly HashSet<string> refused = [];
    private int credit = Most * Price;
    private bool saidRefusal, saidFailure;

    /// <summary>Times that work was replayed instead of asked for.</summary>
    public long Count { get; private set; }

    /// <summary>Does the work, or replays it.</summary>
    /// <param name="name">All that the work's kernels and their arguments depend on, but for the addresses of tensors that it makes itself.</param>
    /// <param name="work">Asks the backend for it. It must do so again and again; it may be asked twice for one run, of which one has no effect.</param>
    public void Run(string name, Action work)
    {
        ArgumentNullException.ThrowIfNull(work);
        if (!enabled || refused.Contains(name))
        {
            work();
            return;
        }
        var replay = Valid(name);
        if (replay is not null)
        {
            Count++;
            Earn(Price);
        }
        else if (seen.Remove(name))
        {
            if (credit >= Price) replay = Record(name, work);
            else Earn(1);
        }
        if (replay is null)
        {
            work();
            if (!refused.Contains(name)) See(name);
            return;
        }
        Keep(name, replay);
        replay.Run();
    }

    /// <summary>Forgets all recordings, and so frees what the device holds for them.</summary>
    public void Clear()
    {
        foreach (var replay in recordings.Values) replay.Dispose();
        recordings.Clear();
        seen.Clear();
    }

    public void Dispose() => Clear();

    /// <summary>Takes out the recording of a name; null: there is none that may run.</summary>
    private IReplay? Valid(string name)
    {
        if (!recordings.Remove(name, out var replay)) return null;
        if (replay.IsValid) return replay;
        replay.Dispose();
        return null;
    }

    private void Earn(int credit) => this.credit = Math.Min(this.credit + credit, Most * Price);

    private IReplay? Record(string name, Action work)
    {
        credit -= Price;
        try
        {
            return backend.Record(work);
        }
        catch (NotRecordableException e)
        {
            if (!e.IsPassing) refused.Add(name);
            Say(e);
            return null;
        }
    }

    /// <summary>One line for work that cannot be recorded, and one for work that could not be this time.</summary>
    private void Say(NotRecordableException e)
    {
        ref bool said = ref e.IsPassing ? ref saidFailure : ref saidRefusal;
        if (said) return;
        said = true;
        say?.Invoke($"graphs: {e.Message.Split(';')[0]}; {(e.IsPassing ? "this step is" : "such steps are")} launched kernel by kernel");
    }

    private void Keep(string name, IReplay replay)
    {
        if (recordings.Count == Most)
        {
            var (oldest, itsReplay) = recordings.GetAt(0);
            itsReplay.Dispose();
            recordings.RemoveAt(0);
            See(oldest);
        }
        recordings.Add(name, replay);
    }

    private void See(string name)
    {
        if (seen.Count == MostSeen) seen.RemoveAt(0);
        seen.Add(name);
    }
}
