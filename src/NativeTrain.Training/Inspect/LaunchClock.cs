using NativeTrain.Core;

namespace NativeTrain.Training;

/// <summary>Times every kernel launch of a step in order, waiting for each; does nothing else, so that it disturbs nothing.</summary>
internal sealed class LaunchClock(IBackend backend) : ITapeObserver
{
    private readonly List<double> seconds = [];

    public IReadOnlyList<double> Seconds => seconds;

    /// <summary>Seconds of the whole run.</summary>
    public double Total { get; set; }

    public void Run(KernelLaunch launch, Action kernel) => seconds.Add(DeviceClock.Seconds(backend, kernel));
}
