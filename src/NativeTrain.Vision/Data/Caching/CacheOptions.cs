using NativeTrain.Core;

namespace NativeTrain.Vision.Data;

/// <summary>Where the decoded pixels of a set are kept (the option <c>cache</c>). The pixels are the same everywhere.</summary>
public enum CacheMode
{
    /// <summary>Decoded when they are needed; a bounded part stays in memory.</summary>
    None,
    /// <summary>All in memory, decoded once at the start.</summary>
    Ram,
    /// <summary>All in one file beside the set, decoded once for all runs.</summary>
    Disk,
}

/// <summary>How a set keeps its pixels.</summary>
public sealed record CacheOptions
{
    public static CacheOptions Default { get; } = new();

    public CacheMode Mode { get; init; }

    /// <summary>Receives a line for what takes long and for what cannot be done as asked, on the thread that opens the set.</summary>
    public Action<string>? Say { get; init; }

    /// <summary>Notes when pictures are decoded that are asked for; null: nobody does.</summary>
    public ITimeline? Timeline { get; init; }

    /// <summary>
    /// Makes the memory that <see cref="CacheMode.Ram"/> keeps pixels in (<see cref="IBackend.AllocateHost"/>), for sets whose
    /// batches may be uploaded from where they lie; null: ordinary memory.
    /// </summary>
    public Func<int, HostBlock>? Memory { get; init; }

    /// <summary>Most bytes that <see cref="CacheMode.None"/> keeps; null: <see cref="ImageCache.DefaultBudget"/>.</summary>
    public long? KeepBytes { get; init; }

    /// <summary>Bytes of memory taken to be free; null: what the system says.</summary>
    public long? FreeMemory { get; init; }

    /// <summary>Bytes taken to be free on the cache file's disk; null: what the system says.</summary>
    public long? FreeDisk { get; init; }
}
