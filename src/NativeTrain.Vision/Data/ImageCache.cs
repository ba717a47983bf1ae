using System.Globalization;
using NativeTrain.Vision.Images;

namespace NativeTrain.Vision.Data;

/// <summary>
/// Keeps decoded and resized images until its budget is used up; later ones are decoded each time. It changes only
/// time, never pixels. Safe to use from several threads.
/// </summary>
public sealed class ImageCache
{
    private readonly RgbImage?[] kept;
    private readonly long budget;
    private long used;

    /// <param name="images">A place for each image, filled where it is already decoded; kept, not copied.</param>
    /// <param name="budgetBytes">Most bytes of pixels to keep.</param>
    public ImageCache(RgbImage?[] images, long budgetBytes)
    {
        ArgumentNullException.ThrowIfNull(images);
        kept = images;
        budget = budgetBytes;
        used = images.Sum(image => (long)(image?.Pixels.Length ?? 0));
    }

    /// <summary>1 GiB, but at most a quarter of the memory that is free now.</summary>
    public static long DefaultBudget() => Math.Min(1L << 30, FreeMemory() / 4);

    /// <summary>The image with this index, from memory or from <paramref name="load"/>.</summary>
    public RgbImage Get(int index, Func<RgbImage> load)
    {
        ArgumentNullException.ThrowIfNull(load);
        if (Volatile.Read(ref kept[index]) is { } found) return found;
        var image = load();
        // Reserve first, so that threads cannot pass the budget together.
        if (Interlocked.Add(ref used, image.Pixels.Length) > budget
            || Interlocked.CompareExchange(ref kept[index], image, null) is not null)
            Interlocked.Add(ref used, -image.Pixels.Length);
        return image;
    }

    private static long FreeMemory()
    {
        long limit = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;      // the container's limit, if there is one
        const string meminfo = "/proc/meminfo";
        if (!File.Exists(meminfo)) return limit;
        foreach (string line in File.ReadLines(meminfo))
            if (line.StartsWith("MemAvailable:", StringComparison.Ordinal)
                && long.TryParse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture, out long kib))
                return Math.Min(limit, kib * 1024);
        return limit;
    }
}
