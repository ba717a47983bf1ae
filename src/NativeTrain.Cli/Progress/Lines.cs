using System.Globalization;
using NativeTrain.Training;

namespace NativeTrain.Cli.Progress;

/// <summary>The lines of text that both displays print.</summary>
internal static class Lines
{
    public const string EpochHeader = "  epoch        box      cls      dfl         P        R    mAP50  mAP50-95      time";

    /// <summary>What is about to run.</summary>
    public static IEnumerable<string> Start(RunInfo run)
    {
        yield return $"{run.Model}: {run.Parameters:N0} parameters, {Count(run.Classes.Count, "class", "classes")}, on {run.Device}";
        if (run.Verb == Verb.Train)
        {
            yield return $"{Count(run.TrainImages, "training image")}, {Count(run.ValImages, "validation image")}; {Count(run.Epochs, "epoch")} of {Count(run.Steps, "batch", "batches")} of {run.Batch} at {run.ImageSize}";
            yield return $"optimizer: {run.Optimizer}";
        }
    }

    /// <summary>An epoch that is over: training losses, then what validation found ('*': the best so far).</summary>
    public static string Epoch(EpochInfo e)
    {
        string metrics = e.Validation is { Report: var r }
            ? $"{r.Precision,9:F3}{r.Recall,9:F3}{r.Map50,9:F3}{r.Map5095,10:F3}"
            : $"{"-",9}{"-",9}{"-",9}{"-",10}";
        return $"{Number(e.Epoch, e.Epochs)} {e.Loss.Box,9:F4}{e.Loss.Cls,9:F4}{e.Loss.Dfl,9:F4} {metrics} {Time(e.Elapsed),9}{(e.Best ? " *" : "")}";
    }

    /// <summary>A step within an epoch.</summary>
    public static string Step(StepInfo s) =>
        $"{Number(s.Epoch, s.Epochs)} {s.Loss.Box,9:F4}{s.Loss.Cls,9:F4}{s.Loss.Dfl,9:F4}  step {s.Step}/{s.Steps}, {Speed(s)}, {Memory(s)}, {Time(s.Remaining)} left";

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
    public static IEnumerable<string> Classes(ValidationResult v, bool each)
    {
        var report = v.Report;
        int width = Math.Max(8, (each ? report.Classes : []).Select(c => c.Name.Length).DefaultIfEmpty(0).Max());
        yield return $"{"class".PadRight(width)}  images  objects        P        R    mAP50  mAP50-95";
        yield return Row("all", v.Images, v.Objects, report.Precision, report.Recall, report.Map50, report.Map5095);
        foreach (var c in each ? report.Classes : [])
            yield return Row(c.Name, c.Images, c.Instances, c.Precision, c.Recall, c.Ap50, c.Ap5095);

        string Row(string name, int images, int objects, double p, double r, double ap50, double ap) =>
            $"{name.PadRight(width)}  {images,6}  {objects,7}{p,9:F3}{r,9:F3}{ap50,9:F3}{ap,10:F3}";
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

    private static string Number(int epoch, int epochs) => $"{epoch}/{epochs}".PadLeft(8);

    private static string Count(int n, string one, string? many = null) => $"{n} {(n == 1 ? one : many ?? one + "s")}";
}
