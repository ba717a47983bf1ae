using NativeTrain.Core;
using NativeTrain.Vision.Data;

namespace NativeTrain.Training;

/// <summary>What the loading of a training's pictures depends on.</summary>
/// <param name="Workers">Threads that load.</param>
/// <param name="Cores">Cores of the machine.</param>
/// <param name="Cache">Where pixels are kept.</param>
/// <param name="PixelBytes">Bytes of all training pictures, decoded.</param>
/// <param name="KeptBytes">Bytes of them that are kept in memory without a cache.</param>
/// <param name="FreeBytes">Bytes of memory that are free.</param>
public sealed record LoaderSettings(int Workers, int Cores, CacheMode Cache, long PixelBytes, long KeptBytes, long FreeBytes)
{
    /// <summary>Those of a training that begins, on this machine.</summary>
    public static LoaderSettings Of(TrainOptions options, IImageSet training)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(training);
        return new(options.Workers, Environment.ProcessorCount, options.Cache, training.PixelBytes, ImageCache.DefaultBudget(), new HostMemory().Available);
    }
}

/// <summary>
/// Tells once, where a training waits for its pictures a good part of an epoch, that loading is what takes the time, and
/// which options would change that.
/// </summary>
public sealed class LoaderAdvice(LoaderSettings settings)
{
    /// <summary>Part of an epoch's time from which on it is worth saying.</summary>
    public const double Much = 0.2;

    private bool told;

    /// <summary>An epoch is over: the line to tell, or null.</summary>
    /// <param name="waitShare">Part of its time (0…1) in which the training waited for its loader.</param>
    public string? After(double waitShare)
    {
        if (told || waitShare < Much) return null;
        told = true;
        string loading = FormattableString.Invariant($"loading takes {100 * waitShare:F0} % of the epoch");
        string[] cures = [.. Cures()];
        return cures.Length > 0
            ? $"{loading}: try {string.Join(" or ", cures)}"
            : $"{loading}, though no picture is decoded twice and every core loads: less augmentation or a larger model would keep the computation busy";
    }

    private IEnumerable<string> Cures()
    {
        if (settings.Cache == CacheMode.None && settings.PixelBytes > settings.KeptBytes)
        {
            // As cache=ram itself decides: half as much again must stay free.
            bool fits = settings.PixelBytes + settings.PixelBytes / 2 <= settings.FreeBytes;
            yield return FormattableString.Invariant($"cache={(fits ? "ram" : "disk")} (needs {Math.Max(1, settings.PixelBytes >> 20)} MB{(fits ? "" : " on the disk")})");
        }
        if (settings.Workers < settings.Cores) yield return $"workers={settings.Cores}";
    }
}
