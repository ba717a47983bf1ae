using NativeTrain.Core;
using NativeTrain.Vision.Images;

namespace NativeTrain.Vision.Data;

/// <summary>
/// cache=false: decodes images when they are asked for, and keeps the first ones until a budget is used up. It changes
/// only time, never pixels.
/// </summary>
public sealed class ImageCache : IPixelStore
{
    private readonly IReadOnlyList<PixelSource> sources;
    private readonly RgbImage?[] kept;
    private readonly long budget;
    private readonly ITimeline? timeline;
    private long used;

    private ImageCache(IReadOnlyList<PixelSource> sources, long budget, ITimeline? timeline)
    {
        this.sources = sources;
        this.budget = budget;
        this.timeline = timeline;
        kept = new RgbImage?[sources.Count];
    }

    /// <summary>1 GiB, but at most a quarter of the memory that is free now.</summary>
    public static long DefaultBudget() => Math.Min(1L << 30, new HostMemory().Available / 4);

    /// <summary>
    /// Decodes as many images, from the first on, as the budget has room for: the first epoch needs them anyway, and
    /// damage inside them is known now. Damage in a later one shows only in <see cref="Load"/>.
    /// </summary>
    /// <param name="sources">The images.</param>
    /// <param name="budgetBytes">Most bytes of pixels to keep.</param>
    /// <param name="faults">Receives, at an image's place, why it cannot be decoded.</param>
    /// <param name="timeline">Notes when images are decoded in <see cref="Load"/>; null: nobody does.</param>
    public static ImageCache Open(IReadOnlyList<PixelSource> sources, long budgetBytes, string?[] faults, ITimeline? timeline = null)
    {
        ArgumentNullException.ThrowIfNull(sources);
        var cache = new ImageCache(sources, budgetBytes, timeline);
        Parallel.For(0, FirstThatFit(sources, budgetBytes), i => cache.kept[i] = Decoding.Decode(sources[i], ref faults[i]));
        cache.used = cache.kept.Sum(image => (long)(image?.Pixels.Length ?? 0));
        return cache;
    }

    /// <inheritdoc/>
    public RgbView Load(int index)
    {
        if (Volatile.Read(ref kept[index]) is { } found) return found;
        RgbImage image;
        using (timeline.Span("loader", "decode", index, sources[index].Path)) image = sources[index].Decode();
        // Reserve first, so that threads cannot pass the budget together.
        if (Interlocked.Add(ref used, image.Pixels.Length) > budget
            || Interlocked.CompareExchange(ref kept[index], image, null) is not null)
            Interlocked.Add(ref used, -image.Pixels.Length);
        return image;
    }

    /// <summary>Nothing to do: the collector takes the images.</summary>
    public void Dispose() { }

    /// <summary>How many images, in their order, have pixels of at most so many bytes together.</summary>
    private static int FirstThatFit(IReadOnlyList<PixelSource> sources, long bytes)
    {
        for (int i = 0; i < sources.Count; i++)
            if ((bytes -= sources[i].Bytes) < 0) return i;
        return sources.Count;
    }
}
