using NativeTrain.Core;
using NativeTrain.Vision.Plots;

namespace NativeTrain.Race;

/// <summary>A figure of the race.</summary>
/// <param name="What">What was measured.</param>
/// <param name="Figure">The figure, with its spread and unit.</param>
/// <param name="Goal">What is aimed at; empty where nothing is.</param>
/// <param name="Reached">Whether it is that; null where nothing is aimed at.</param>
public readonly record struct RaceRow(string What, string Figure, string Goal = "", bool? Reached = null)
{
    /// <summary>A figure that is to be at least, or at most, another.</summary>
    public static RaceRow Bounded(string what, Spread figure, string unit, double bound, bool atLeast) =>
        new(what, $"{figure.Median:F2}{unit} ({figure.Low:F2}…{figure.High:F2})", $"{(atLeast ? "≥" : "≤")} {bound:F1}{unit}", atLeast ? figure.Median >= bound : figure.Median <= bound);
}

/// <summary>The table and the picture of a race: race.md, race.png.</summary>
public static class RaceReport
{
    /// <summary>A table in Markdown, whose columns also line up in a terminal.</summary>
    public static IEnumerable<string> Table(IReadOnlyList<RaceRow> rows)
    {
        ArgumentNullException.ThrowIfNull(rows);
        string[][] cells = [["what", "figure", "goal", ""], .. rows.Select(r => (string[])[r.What, r.Figure, r.Goal, r.Reached switch { true => "reached", false => "not yet", null => "" }])];
        int[] widths = [.. Enumerable.Range(0, 4).Select(c => cells.Max(row => row[c].Length))];
        string Line(string[] row) => $"| {string.Join(" | ", row.Select((text, c) => text.PadRight(widths[c])))} |";
        yield return Line(cells[0]);
        yield return $"|{string.Join('|', widths.Select(w => new string('-', w + 2)))}|";
        foreach (string[] row in cells[1..]) yield return Line(row);
    }

    /// <exception cref="InputException">A file cannot be written.</exception>
    public static void Write(RaceSettings settings, IReadOnlyList<RaceRow> rows, IReadOnlyList<StepResults> steps)
    {
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(steps);
        Directory.CreateDirectory(settings.Output);
        string table = Path.Combine(settings.Output, "race.md"), picture = Path.Combine(settings.Output, "race.png");
        File.WriteAllLines(table, Table(rows));
        Console.WriteLine($"written: {table}");
        if (steps.Count == 0) return;
        BarPlot.Write(picture, $"{settings.Model} at {settings.ImageSize} pixels, batch {settings.Batch}, {settings.Threads} threads", "seconds a training step: median, quartiles",
        [
            .. steps.SelectMany(s => (NamedBar[])
            [
                Bar(s, s.Torch, "libtorch", 1), Bar(s, s.Own, "NativeTrain", 0), Bar(s, s.Floor, "bare convolutions", 2),
            ]),
        ]);
        Console.WriteLine($"written: {picture}");
    }

    private static NamedBar Bar(StepResults s, EngineRun run, string name, int group)
    {
        var spread = Spread.Of(run.Seconds);
        return new NamedBar($"{name}, {s.Type}", spread.Median, spread.Low, spread.High, group);
    }
}
