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
        // The set decodes its pictures when it is opened.
        var opened = Spread.Of(Enumerable.Range(0, Epochs).Select(_ => Rates(settings, 1)[0]));
        yield return new RaceRow("loader, from JPEG files: opened, and a first epoch", Words(opened));
        var later = Spread.Of(Rates(settings, Epochs + 1).Skip(1));
        double? most = step is { } s ? settings.Batch / Spread.Of(s.Own.Seconds).Median : null;
        yield return new RaceRow("loader, later epochs", Words(later), most is null ? "" : $"≥ {most:F0} (bf16 step)", most is null ? null : later.Median >= most);
    }

    private static string Words(Spread rate) => $"{rate.Median:F0} images/s ({rate.Low:F0}…{rate.High:F0})";

    /// <summary>Images a second of each epoch of a new loader; of the first with the opening of the set.</summary>
    private static List<double> Rates(RaceSettings settings, int epochs)
    {
        using var backend = new CpuBackend(settings.Threads);
        long start = Stopwatch.GetTimestamp();
        using var pictures = new Pictures(settings, backend);
        var rates = new List<double>();
        for (int epoch = 0; epoch < epochs; epoch++)
        {
            int images = 0;
            foreach (var batch in pictures.Loader.Epoch(epoch, mosaic: true))
                using (batch)
                    images += batch.N;
            rates.Add(images / Stopwatch.GetElapsedTime(start).TotalSeconds);
            start = Stopwatch.GetTimestamp();
        }
        return rates;
    }
}
