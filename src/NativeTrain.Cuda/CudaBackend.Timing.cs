using NativeTrain.Core;

namespace NativeTrain.Cuda;

/// <summary>When the device did what: for traces. While nobody asks, nothing is recorded.</summary>
public sealed partial class CudaBackend : IDeviceClock
{
    private StreamClock? clock;

    public void StartTiming()
    {
        Synchronize();
        pinned.Clock = clock = new StreamClock(compute);
    }

    public IReadOnlyList<DeviceSpan> StopTiming()
    {
        Bindings.Driver.Check(Bindings.Driver.cuCtxSynchronize()); // both streams
        using var ended = clock ?? throw new InvalidOperationException("timing was not started");
        pinned.Clock = clock = null;
        return ended.Read();
    }

    /// <summary>What is put on the compute stream until the returned value is disposed is one span of the device's.</summary>
    private StreamClock.Span Timed(string name) => clock?.Begin("compute", name, compute) ?? default;
}
