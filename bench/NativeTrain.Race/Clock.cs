using System.Diagnostics;

namespace NativeTrain.Race;

internal static class Clock
{
    public static double Seconds(Action work)
    {
        long start = Stopwatch.GetTimestamp();
        work();
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }
}
