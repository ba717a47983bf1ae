using System.Globalization;
using NativeTrain.Core;
using NativeTrain.Training;

namespace NativeTrain.Cli.Progress;

/// <summary>The lines of text that both displays print.</summary>
internal static class Lines
{
    /// <summary>The names above the lines of <see cref="Epoch"/>.</summary>
    public static string EpochHeader(RunInfo run) =>
        $"{"epoch",8} {string.Concat(run.LossNames.Select(n => $"{n,9}"))} {string.Concat(run.Metrics.Select(m => Cell(m, m.Label)))} {"time",9}";

    /// <summary>What is about to run.</summary>
    public static IEnumerable<string> Start(RunInfo run)
    {
        yield return $"{run.Model}: {run.Parameters:N0} parameters, {Counted.Of(run.Classes.Count, "class", "classes")}, on {run.Device}";
        if (run.Verb == Verb.Train)
        {
            yield return $"{Counted.Of(run.TrainImages, "training image")}, {Counted.Of(run.ValImages, "validation image")}; {Counted.Of(run.Epochs, "epoch")} of {Counted.Of(run.Steps, "batch", "batches")} of {run.Batch} at {run.ImageSize}";
            yield return $"optimizer: {run.Optimizer}";
        }
    }

    /// <summary>An epoch that is over: training losses, then what validation found ('*': the best so far).</summary>
    public static string Epoch(RunInfo run, EpochInfo e)
    {
        var metrics = run.Metrics.Select((m, i) => Cell(m, e.Validation is { } v ? $"{v.Metrics[i]:F3}" : "-"));
        return $"{Number(e.Epoch, e.Epochs)} {Losses(e.Loss)} {string.Concat(metrics)} {Time(e.Elapsed),9}{(e.Best ? " *" : "")}";
    }

    /// <summary>A step within an epoch.</summary>
    public static string Step(StepInfo s) =>
        $"{Number(s.Epoch, s.Epochs)} {Losses(s.Loss)}  step {s.Step}/{s.Steps}, {Speed(s)}, {Memory(s)}, {Time(s.Remaining)} left";

    /// <summary>How long a program took until it trained.</summary>
    public static string FirstStep(TimeSpan sinceStart) => $"the first step is done, {sinceStart.TotalSeconds:F1} s after the program's start";

    /// <summary>"1.93 it/s, 30.9 images/s", and where loading is the bottleneck ", waiting for data 23 %".</summary>
    public static string Speed(StepInfo s)
    {
        double seconds = s.Elapsed.TotalSeconds;
        string waiting = s.WaitShare > 0.1 ? $", waiting for data {100 * s.WaitShare:F0} %" : "";
        return $"{(seconds > 0 ? s.Step / seconds : 0):F2} it/s, {s.ImagesPerSecond:F1} images/s{waiting}";
    }

    /// <summary>Peak of the tensors, and the whole process.</summary>
    public static string Memory(StepInfo s) => $"{Bytes(s.PeakBytes)} tensors ({Bytes(s.ResidentBytes)} process)";

    /// <summary>The figures of a validation: a line for all classes and, where <paramref name="each"/>, one for each.</summary>
    public static IEnumerable<string> Classes(RunInfo run, ValidationResult v, bool each)
    {
        List<ClassRow> rows = [new("all", v.Images, v.Objects, v.Metrics), .. each ? v.Classes : []];
        int width = Math.Max(8, rows.Max(r => r.Name.Length));
        bool objects = v is DetectionValidation; // a picture to classify has one class and no objects
        yield return $"{"class".PadRight(width)}  images{(objects ? "  objects" : "")}{string.Concat(run.Metrics.Select(m => Cell(m, m.Label)))}";
        foreach (var r in rows)
            yield return $"{r.Name.PadRight(width)}  {r.Images,6}{(objects ? $"  {r.Objects,7}" : "")}{string.Concat(run.Metrics.Select((m, i) => Cell(m, $"{r.Values[i]:F3}")))}";
    }

    public static string Picture(PictureInfo p) =>
        $"{p.Number}/{p.Count} {p.Path}: {p.Height}x{p.Width} {p.Found}, {p.Elapsed.TotalMilliseconds:F0} ms";

    /// <summary>How a run ended and where its results are.</summary>
    public static IEnumerable<string> End(RunEndInfo end)
    {
        if (end.Verb == Verb.Train) yield return $"{(end.InterruptedAtEpoch is null ? "done in" : "stopped after")} {Time(end.Elapsed)}";
        if (end.Folder is { } folder) yield return $"results saved to {folder}";
    }

    /// <summary>"0:07", "12:31", "1:02:45"</summary>
    public static string Time(TimeSpan t)
    {
        t = t < TimeSpan.Zero ? TimeSpan.Zero : TimeSpan.FromSeconds(Math.Round(t.TotalSeconds));
        return t.TotalHours >= 1 ? $"{(int)t.TotalHours}:{t.Minutes:00}:{t.Seconds:00}" : $"{t.Minutes}:{t.Seconds:00}";
    }

    public static string Bytes(long bytes) => bytes switch
    {
        >= 1L << 30 => (bytes / (double)(1L << 30)).ToString("F2", CultureInfo.InvariantCulture) + " GiB",
        _ => (bytes / (double)(1L << 20)).ToString("F0", CultureInfo.InvariantCulture) + " MiB",
    };

    private static string Losses(LossItems loss) => string.Concat(loss.Values.Select(v => $"{v,9:F4}"));

    /// <summary>A figure in the column of its metric.</summary>
    private static string Cell(MetricName metric, string text) => text.PadLeft(Math.Max(9, metric.Label.Length + 2));

    private static string Number(int epoch, int epochs) => $"{epoch}/{epochs}".PadLeft(8);
}
