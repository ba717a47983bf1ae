using NativeTrain.Core;

namespace NativeTrain.Cuda;

/// <summary>Naive kernels in the place of fast ones, where a kernel file has both.</summary>
public sealed partial class CudaBackend : INaiveTwins
{
    /// <summary>Whether ops choose naive kernels.</summary>
    private bool naive;

    /// <summary>Receives the names of the kernels that are launched; null: nobody asks.</summary>
    private HashSet<string>? launched;

    public void Naively(Action calls)
    {
        ArgumentNullException.ThrowIfNull(calls);
        naive = true;
        try
        {
            calls();
        }
        finally
        {
            naive = false;
        }
    }

    public IReadOnlyList<string> NaiveTwins(Action calls)
    {
        var fast = Launched(calls);
        return [.. Launched(() => Naively(calls)).Except(fast).Where(k => k.Contains("_v1", StringComparison.Ordinal)).Order(StringComparer.Ordinal)];
    }

    private HashSet<string> Launched(Action calls)
    {
        HashSet<string> names = launched = [];
        try
        {
            calls();
        }
        finally
        {
            launched = null;
        }
        return names;
    }
}
