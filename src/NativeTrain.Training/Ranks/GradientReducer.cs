using NativeTrain.Core;

namespace NativeTrain.Training;

/// <summary>
/// Sums the gradients of all processes, in buckets: as soon as the walk back has completed enough of them, a bucket is on its way
/// while the walk goes on. All processes walk the same way, so their buckets are the same.
/// Source: Li et al., "PyTorch Distributed: Experiences on Accelerating Data Parallel Training", VLDB 2020 (section 3.2).
/// </summary>
/// <param name="collectives">How the processes speak.</param>
/// <param name="backend">Where the gradients are.</param>
/// <param name="parameters">All that is learned; what is frozen is left out.</param>
public sealed class GradientReducer(ICollectives collectives, IBackend backend, IReadOnlyList<Parameter> parameters)
{
    /// <summary>Bytes from which on a bucket is sent: large enough that its time is bandwidth and not latency (docs/scaling.md), small enough that the first is soon full.</summary>
    public const long BucketBytes = 1 << 20;

    private readonly List<IPending> pending = [];
    private readonly HashSet<Parameter> sent = [];
    private List<Tensor> bucket = [];
    private long bytes;

    /// <summary>These gradients are complete.</summary>
    public void Add(IReadOnlyList<Parameter> done)
    {
        foreach (var p in done)
        {
            if (p.Frozen || !sent.Add(p)) continue;
            bucket.Add(p.Grad);
            bytes += p.Grad.Bytes;
            if (bytes >= BucketBytes) Send();
        }
        if (pending.Count > 0) collectives.Progress();
    }

    /// <summary>Sends what is left, and returns when every gradient is the sum over all processes.</summary>
    public void Finish()
    {
        Add(parameters);
        if (bucket.Count > 0) Send();
        foreach (var p in pending) p.Wait();
        pending.Clear();
        sent.Clear();
    }

    private void Send()
    {
        pending.Add(collectives.StartAllReduce(backend, bucket));
        bucket = [];
        bytes = 0;
    }
}
