using System.Diagnostics;
using System.Globalization;

namespace NativeTrain.Race;

/// <summary>Something that trains, in a process of its own.</summary>
public interface IEngine
{
    /// <summary>What it is, in words.</summary>
    string Name { get; }

    /// <summary>One step.</summary>
    /// <param name="withLoss">False: the mean square of the logits stands for the loss.</param>
    /// <returns>The loss.</returns>
    float Step(bool withLoss);
}

/// <summary>
/// The child's side of the race, by lines: it says "ready NAME", answers "step" (or "bare", a step without the detection loss) with
/// "LOSS SECONDS", and "peak" with the most memory that it ever had, in bytes. Between two lines it sleeps.
/// </summary>
public static class EngineLoop
{
    public static int Serve(IEngine engine)
    {
        ArgumentNullException.ThrowIfNull(engine);
        Say($"ready {engine.Name}");
        while (Console.ReadLine() is { } line)
        {
            if (line == "peak")
            {
                Say(PeakBytes().ToString(CultureInfo.InvariantCulture));
                continue;
            }
            long start = Stopwatch.GetTimestamp();
            float loss = engine.Step(withLoss: line == "step");
            Say(string.Create(CultureInfo.InvariantCulture, $"{loss:R} {Stopwatch.GetElapsedTime(start).TotalSeconds:R}"));
        }
        return 0;
    }

    /// <summary>The most memory that the process had resident, by the kernel's count (VmHWM).</summary>
    private static long PeakBytes()
    {
        string line = File.ReadLines("/proc/self/status").First(l => l.StartsWith("VmHWM:", StringComparison.Ordinal));
        return 1024 * long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
    }

    private static void Say(string line)
    {
        Console.WriteLine(line);
        Console.Out.Flush();
    }
}
