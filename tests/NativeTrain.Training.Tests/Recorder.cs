namespace NativeTrain.Training.Tests;

/// <summary>Keeps what a run told.</summary>
internal sealed class Recorder : ITrainingProgress
{
    public List<StepInfo> Steps { get; } = [];
    public List<EpochInfo> Epochs { get; } = [];
    public List<PictureInfo> Pictures { get; } = [];
    public List<string> Messages { get; } = [];
    public RunInfo? Start { get; private set; }
    public RunEndInfo? End { get; private set; }
    public ValidationResult? Validated { get; private set; }

    /// <summary>Called at each step.</summary>
    public Action<StepInfo>? AtStep { get; init; }

    /// <summary>Called at each epoch's end.</summary>
    public Action<EpochInfo>? AtEpochEnd { get; init; }

    /// <summary>Called at each picture.</summary>
    public Action<PictureInfo>? AtPicture { get; init; }

    public void OnRunStart(RunInfo info) => Start = info;

    public void OnStep(StepInfo step)
    {
        Steps.Add(step);
        AtStep?.Invoke(step);
    }

    public void OnEpochEnd(EpochInfo epoch)
    {
        Epochs.Add(epoch);
        AtEpochEnd?.Invoke(epoch);
    }

    public void OnPicture(PictureInfo picture)
    {
        Pictures.Add(picture);
        AtPicture?.Invoke(picture);
    }

    public void OnValidated(ValidationResult result) => Validated = result;

    public void OnMessage(string message) => Messages.Add(message);

    public void OnRunEnd(RunEndInfo end) => End = end;
}
