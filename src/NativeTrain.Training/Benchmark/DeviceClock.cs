using System.Diagnostics;
using NativeTrain.Core;

namespace NativeTrain.Training;

/// <summary>How long a device works.</summary>
internal static class DeviceClock
{
    /// <summary>From an idle device to the end of all that <paramref name="work"/> asks of it.</summary>
    public static double Seconds(IBackend backend, Action work)
    {
        backend.Synchronize();
        long start = Stopwatch.GetTimestamp();
        work();
        backend.Synchronize();
        // Not by TimeSpan, whose ticks of 100 ns are longer than copying one number takes.
        return (Stopwatch.GetTimestamp() - start) / (double)Stopwatch.Frequency;
    }
}
