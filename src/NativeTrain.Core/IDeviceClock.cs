namespace NativeTrain.Core;

/// <summary>What a device did by itself: a kernel, a copy.</summary>
/// <param name="Track">Its queue: "compute", "copies". The work of a queue is done one after the other.</param>
/// <param name="Name">The kernel, as it is named in kernels/, or the copy.</param>
/// <param name="Start">Seconds since <see cref="IDeviceClock.StartTiming"/> returned.</param>
/// <param name="End">Likewise.</param>
public readonly record struct DeviceSpan(string Track, string Name, double Start, double End);

/// <summary>A backend whose device works while the host goes on, and that can tell what it did when.</summary>
public interface IDeviceClock
{
    /// <summary>Waits for the device, then notes all that it does.</summary>
    void StartTiming();

    /// <summary>Waits for the device and notes no more.</summary>
    /// <returns>What it did, in the order it was asked for.</returns>
    IReadOnlyList<DeviceSpan> StopTiming();
}
