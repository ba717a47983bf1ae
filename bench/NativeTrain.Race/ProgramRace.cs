using System.Diagnostics;
using System.Globalization;
using NativeTrain.Core;

namespace NativeTrain.Race;

/// <summary>The program as its users start it: how long an epoch takes, and how long until the first step is done.</summary>
internal static class ProgramRace
{
    private const int Epochs = 4, Starts = 5;
    private const double MostStart = 1.5;

    public static IEnumerable<RaceRow> Run(RaceSettings settings, bool epochs, bool start)
    {
        string folder = Directory.CreateTempSubdirectory("nativetrain-race").FullName;
        try
        {
            var rows = new List<RaceRow>();
            foreach (string amp in (string[])["false", "true"])
            {
                string type = amp == "true" ? "amp=true" : "fp32";
                if (epochs)
                {
                    Console.WriteLine($"epochs of {settings.Data}, {type}");
                    var times = EpochSeconds(settings, folder, amp);
                    rows.Add(new RaceRow($"{type} epoch with its validation, warm cache", $"{times.Median:F2} s ({times.Low:F2}…{times.High:F2})"));
                }
                if (start)
                {
                    Console.WriteLine($"start-up, {type}");
                    // Not counted: the first start reads the program, the set and its cache from the disk, and touches memory that the system may have lent elsewhere.
                    FirstStep(settings, folder, amp);
                    var seconds = Spread.Of(Enumerable.Range(0, Starts).Select(_ => FirstStep(settings, folder, amp)));
                    rows.Add(RaceRow.Bounded($"{type} start of the program to the end of its first step", seconds, " s", MostStart, atLeast: false));
                }
            }
            return rows;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>Of each epoch after the first, by the times in results.csv.</summary>
    private static Spread EpochSeconds(RaceSettings settings, string folder, string amp)
    {
        using var program = Start(settings, folder, amp, Epochs);
        while (program.StandardOutput.ReadLine() is { } line) Console.WriteLine($"  {line}");
        program.WaitForExit();
        if (program.ExitCode != 0) throw new InputException($"out/nativetrain train ended with {program.ExitCode}; its words stand above");
        string[] lines = File.ReadAllLines(Path.Combine(folder, "run", "results.csv"));
        int column = Array.FindIndex(lines[0].Split(','), name => name.Trim() == "time");
        double[] ends = [.. lines[1..].Select(l => double.Parse(l.Split(',')[column], CultureInfo.InvariantCulture))];
        return Spread.Of(ends.Skip(1).Zip(ends, (end, before) => end - before));
    }

    /// <summary>Until the program says so. It is ended then.</summary>
    private static double FirstStep(RaceSettings settings, string folder, string amp)
    {
        long start = Stopwatch.GetTimestamp();
        using var program = Start(settings, folder, amp, epochs: 1);
        while (program.StandardOutput.ReadLine() is { } line)
        {
            if (!line.StartsWith("the first step is done", StringComparison.Ordinal)) continue;
            double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
            program.Kill(entireProcessTree: true);
            program.WaitForExit();
            return seconds;
        }
        throw new InputException("out/nativetrain train made no step");
    }

    private static Process Start(RaceSettings settings, string folder, string amp, int epochs)
    {
        if (!File.Exists("out/nativetrain")) throw new InputException("out/nativetrain: no such file; start the race by ./build.sh race");
        return Process.Start(new ProcessStartInfo("out/nativetrain",
        [
            "train", $"model={settings.Model}", $"data={settings.Data}", $"imgsz={settings.ImageSize}", $"batch={settings.Batch}", $"threads={settings.Threads}", $"epochs={epochs}",
            $"amp={amp}", "cache=disk", "workers=1", "seed=0", $"project={folder}", "name=run", "exist_ok=true",
        ]) { RedirectStandardOutput = true })!;
    }
}
