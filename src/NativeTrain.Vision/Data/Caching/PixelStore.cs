namespace NativeTrain.Vision.Data;

/// <summary>Opens the store of pixels that a set asks for.</summary>
public static class PixelStore
{
    /// <summary>A store, and at an image's place in <see cref="Faults"/> why it cannot be decoded, as far as that is known.</summary>
    public readonly record struct Opened(IPixelStore Store, IReadOnlyList<string?> Faults);

    /// <param name="sources">The images, in the order of their indices.</param>
    /// <param name="file">Where a cache on the disk belongs.</param>
    /// <param name="options">What is asked for.</param>
    public static Opened Open(IReadOnlyList<PixelSource> sources, string file, CacheOptions options)
    {
        ArgumentNullException.ThrowIfNull(sources);
        ArgumentNullException.ThrowIfNull(options);
        var faults = new string?[sources.Count];
        return new Opened(ImageCache.Open(sources, options.KeepBytes ?? ImageCache.DefaultBudget(), faults), faults);
    }
}
