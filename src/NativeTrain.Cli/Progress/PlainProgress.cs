using System.Diagnostics;
using NativeTrain.Training;

namespace NativeTrain.Cli.Progress;

/// <summary>
/// The display where output is a file or a pipe: a line for each epoch, and in long epochs one every ten seconds.
/// </summary>
internal sealed class PlainProgress(TextWriter output, bool verbose) : ITrainingProgress
{
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(10);
    private readonly Stopwatch sinceLine = Stopwatch.StartNew();
    private RunInfo? run;
    private bool stepped;

    public void OnRunStart(RunInfo info)
    {
        run = info;
        foreach (string line in Lines.Start(info)) Write(line);
        if (info.Verb == Verb.Train) Write(Lines.EpochHeader(info));
    }

    public void OnStep(StepInfo step)
    {
        if (verbose && !stepped) Write(Lines.FirstStep(DateTime.Now - Process.GetCurrentProcess().StartTime));
        stepped = true;
        if (sinceLine.Elapsed >= Quiet) Write(Lines.Step(step));
    }

    public void OnValStep(ValStepInfo step)
    {
        if (sinceLine.Elapsed >= Quiet) Write($"validation batch {step.Step}/{step.Steps}");
    }

    public void OnEpochEnd(EpochInfo epoch) => Write(Lines.Epoch(run!, epoch));

    public void OnValidated(ValidationResult result)
    {
        foreach (string line in Lines.Classes(run!, result, each: verbose)) Write(line);
    }

    public void OnPicture(PictureInfo picture)
    {
        if (verbose) Write(Lines.Picture(picture));
    }

    public void OnMessage(string message) => Write(message);

    public void OnRunEnd(RunEndInfo end)
    {
        foreach (string line in Lines.End(end)) Write(line);
    }

    private void Write(string line)
    {
        output.WriteLine(line);
        output.Flush();
        sinceLine.Restart();
    }
}
