namespace NativeTrain.Vision.Data;

/// <summary>Opens the store of pixels that a set asks for.</summary>
public static class PixelStore
{
    /// <summary>A store, and at an image's place in <see cref="Faults"/> why it cannot be decoded, as far as that is known.</summary>
    public readonly record struct Opened(IPixelStore Store, IReadOnlyList<string?> Faults);

    /// <summary>Where what is asked for cannot be had, says so and opens the store of <see cref="CacheMode.None"/>.</summary>
    /// <param name="sources">The images, in the order of their indices.</param>
    /// <param name="split">"train", "val" or "test".</param>
    /// <param name="file">Full path of the file that a cache on the disk takes.</param>
    /// <param name="options">What is asked for.</param>
    public static Opened Open(IReadOnlyList<PixelSource> sources, string split, string file, CacheOptions options)
    {
        ArgumentNullException.ThrowIfNull(sources);
        ArgumentNullException.ThrowIfNull(options);
        var faults = new string?[sources.Count];
        IPixelStore? store = options.Mode switch
        {
            CacheMode.Ram => RamStore.Open(sources, split, options, faults),
            CacheMode.Disk => DiskStore.Open(sources, split, file, options, faults),
            _ => null,
        };
        store ??= ImageCache.Open(sources, options.KeepBytes ?? ImageCache.DefaultBudget(), faults, options.Timeline);
        return new Opened(store, faults);
    }
}
