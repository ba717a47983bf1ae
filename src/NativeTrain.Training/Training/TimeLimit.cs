namespace NativeTrain.Training;

/// <summary>
/// time=HOURS: a training has as many epochs as fit into its time, judged after each by the mean of those so far, and at
/// least one. The schedule follows, so that the learning rate ends where the training ends.
/// </summary>
/// <param name="hours">The limit.</param>
public sealed class TimeLimit(double hours)
{
    /// <summary>Epochs that the training will have.</summary>
    /// <param name="done">Epochs done, at least 1; of one that is begun the part that is done counts, and it will be ended.</param>
    /// <param name="elapsed">Time they took.</param>
    public int Epochs(double done, TimeSpan elapsed) =>
        (int)Math.Clamp(Math.Floor(hours * done / Math.Max(elapsed.TotalHours, 1e-12)), Math.Ceiling(done), int.MaxValue);
}
