using System.Diagnostics;
using NativeTrain.Cpu;

namespace NativeTrain.Race;

/// <summary>How many training pictures one worker makes a second, alone on the machine: mosaic, affine, colours, flips; from files, and from decoded pictures.</summary>
internal static class LoaderRace
{
    private const int Epochs = 3;

    /// <param name="settings">What is raced.</param>
    /// <param name="step">The step that the loader is to keep up with; null: none.</param>
    public static IEnumerable<RaceRow> Run(RaceSettings settings, StepResults? step)
    {
        Console.WriteLine($"loader: {settings.Data}, one worker");
        double? wanted = step is { } s ? settings.Batch / Spread.Of(s.Own.Seconds).Median : null;
        foreach (var (cache, name) in ((string, string)[])[("false", "decoded from JPEG files"), ("ram", "decoded before")])
        {
            var rate = Rate(settings, cache);
            string figure = $"{rate.Median:F0} images/s ({rate.Low:F0}…{rate.High:F0})";
            yield return cache == "ram" && wanted is { } most
                ? new RaceRow($"loader, {name}", figure, $"≥ {most:F0} (bf16 step)", rate.Median >= most)
                : new RaceRow($"loader, {name}", figure);
        }
    }

    /// <summary>Of each epoch after the first, which fills the cache.</summary>
    private static Spread Rate(RaceSettings settings, string cache)
    {
        using var backend = new CpuBackend(settings.Threads);
        using var pictures = new Pictures(settings, backend, cache);
        var rates = new List<double>();
        for (int epoch = 0; epoch <= Epochs; epoch++)
        {
            int images = 0;
            long start = Stopwatch.GetTimestamp();
            foreach (var batch in pictures.Loader.Epoch(epoch, mosaic: true))
                using (batch)
                    images += batch.N;
            if (epoch > 0) rates.Add(images / Stopwatch.GetElapsedTime(start).TotalSeconds);
        }
        return Spread.Of(rates);
    }
}
