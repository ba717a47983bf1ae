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

    /// <summary>Most bytes that <see cref="CacheMode.None"/> keeps; null: <see cref="ImageCache.DefaultBudget"/>.</summary>
    public long? KeepBytes { get; init; }

    /// <summary>Receives a line for what takes long, and for what could not be done as asked.</summary>
    public Action<string>? Say { get; init; }
}
