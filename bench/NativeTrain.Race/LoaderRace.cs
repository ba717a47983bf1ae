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
        // A loader keeps the pictures it has decoded as long as there is memory: only its first epoch reads files.
        var files = Spread.Of(Enumerable.Range(0, Epochs).Select(_ => Rates(settings, "false", 1)[0]));
        yield return new RaceRow("loader, first epoch: decoded from JPEG files", Words(files));
        var kept = Spread.Of(Rates(settings, "ram", Epochs + 1).Skip(1));
        double? most = step is { } s ? settings.Batch / Spread.Of(s.Own.Seconds).Median : null;
        yield return new RaceRow("loader, decoded before", Words(kept), most is null ? "" : $"≥ {most:F0} (bf16 step)", most is null ? null : kept.Median >= most);
    }

    private static string Words(Spread rate) => $"{rate.Median:F0} images/s ({rate.Low:F0}…{rate.High:F0})";

    /// <summary>Images a second of each of a new loader's first epochs.</summary>
    private static List<double> Rates(RaceSettings settings, string cache, int epochs)
    {
        using var backend = new CpuBackend(settings.Threads);
        using var pictures = new Pictures(settings, backend, cache);
        var rates = new List<double>();
        for (int epoch = 0; epoch < epochs; epoch++)
        {
            int images = 0;
            long start = Stopwatch.GetTimestamp();
            foreach (var batch in pictures.Loader.Epoch(epoch, mosaic: true))
                using (batch)
                    images += batch.N;
            rates.Add(images / Stopwatch.GetElapsedTime(start).TotalSeconds);
        }
        return rates;
    }
}
