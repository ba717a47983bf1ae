using System.Diagnostics;
using NativeTrain.Training;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace NativeTrain.Cli.Progress;

/// <summary>
/// The display on a terminal: finished epochs scroll up as lines, and below them stands what runs now
/// (a bar, speed, losses, memory, time left), redrawn in place.
/// </summary>
internal sealed class LiveProgress(IAnsiConsole console, LiveDisplayContext live, bool verbose) : ITrainingProgress
{
    private static readonly TimeSpan Frame = TimeSpan.FromMilliseconds(100);
    private readonly Stopwatch sinceFrame = Stopwatch.StartNew();
    private IRenderable training = new Text("");
    private RunInfo? run;

    /// <summary>Runs <paramref name="work"/> under a live display.</summary>
    public static void Run(IAnsiConsole console, bool verbose, Action<ITrainingProgress> work) =>
        console.Live(new Text("")).AutoClear(true).Start(live => work(new LiveProgress(console, live, verbose)));

    public void OnRunStart(RunInfo info)
    {
        run = info;
        Write(Lines.Start(info));
        if (info.Verb == Verb.Train) Write([Lines.EpochHeader(info)]);
    }

    public void OnStep(StepInfo step)
    {
        training = new Rows(
            Bar($"epoch {step.Epoch}/{step.Epochs}", step.Step, step.Steps, Lines.Speed(step)),
            new Text($"  {string.Join("  ", step.Loss.Names.Zip(step.Loss.Values, (name, value) => $"{name} {value:F4}"))}   {Lines.Memory(step)}   {Lines.Time(step.Remaining)} left"));
        Show(training, last: step.Step == step.Steps);
    }

    public void OnValStep(ValStepInfo step) =>
        Show(Bar("validation", step.Step, step.Steps, $"{step.Images} images"), last: step.Step == step.Steps);

    public void OnEpochEnd(EpochInfo epoch) => Write([Lines.Epoch(run!, epoch)]);

    public void OnValidated(Training.ValidationResult result)
    {
        Show(new Text(""), last: true);
        Write(Lines.Classes(run!, result, each: verbose));
    }

    public void OnPicture(PictureInfo picture)
    {
        if (verbose) Write([Lines.Picture(picture)]);
        Show(Bar("pictures", picture.Number, picture.Count, ""), last: picture.Number == picture.Count);
    }

    public void OnMessage(string message) => Write([message]);

    public void OnRunEnd(RunEndInfo end)
    {
        Show(new Text(""), last: true);
        Write(Lines.End(end));
    }

    /// <summary>Lines above the live part, padded so that nothing of it shows through.</summary>
    private void Write(IEnumerable<string> lines)
    {
        foreach (string line in lines) console.Write(new Text(line.PadRight(console.Profile.Width - 1) + "\n"));
    }

    /// <summary>Replaces the live part, at most ten times a second.</summary>
    private void Show(IRenderable target, bool last)
    {
        if (!last && sinceFrame.Elapsed < Frame) return;
        live.UpdateTarget(target);
        sinceFrame.Restart();
    }

    private static Columns Bar(string what, int done, int all, string speed)
    {
        const int width = 32;
        int full = all > 0 ? (int)((long)width * done / all) : width;
        return new Columns(
            new Text(what),
            new Markup($"[green]{new string('━', full)}[/][grey]{new string('━', width - full)}[/]"),
            new Text($"{done}/{all}"),
            new Text(speed)).Collapse();
    }
}
