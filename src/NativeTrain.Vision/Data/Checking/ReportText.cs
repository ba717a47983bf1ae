using System.Text;
using NativeTrain.Core;

namespace NativeTrain.Vision.Data.Checking;

/// <summary>The report as plain text, in aligned columns.</summary>
public static class ReportText
{
    /// <summary>Findings of a kind that are shown; the rest is counted.</summary>
    public const int Shown = 10;

    private const int ClassesShown = 100;
    private const int SizesShown = 3;

    public static string Of(SetReport report)
    {
        ArgumentNullException.ThrowIfNull(report);
        var text = new StringBuilder();
        text.AppendLine($"{report.Path}: {report.Task}, {Counted.Of(report.Names.Count, "class", "classes")}, {Counted.Of(report.Images.Count, "image")}");
        Add(text, Splits(report), lastLeft: true);
        if (report.Task != "classify") Add(text, Sizes(report));
        Add(text, Classes(report));
        text.AppendLine();
        foreach (var group in report.Findings.GroupBy(f => f.Kind))
        {
            int count = group.Count();
            text.AppendLine($"{(group.Key.IsProblem() ? "PROBLEM" : "note")}: {group.Key.Title()} ({count})");
            foreach (var finding in group.Take(Shown)) text.AppendLine($"  {finding.Text}");
            if (count > Shown) text.AppendLine($"  … and {count - Shown} more (json=FILE lists all)");
        }
        int problems = report.Problems.Count();
        text.AppendLine(problems == 0 ? "no problems" : Counted.Of(problems, "problem"));
        return text.ToString();
    }

    private static void Add(StringBuilder text, List<string[]> rows, bool lastLeft = false)
    {
        text.AppendLine();
        foreach (string line in TextTable.Lines(rows, lastLeft)) text.AppendLine(line);
    }

    private static List<string[]> Splits(SetReport report) =>
    [
        ["split", "images", "unreadable", "background", "objects", "outlines", "image sizes"],
        .. report.Splits.Select(s => new[] { s.Split, $"{s.Images}", $"{s.Unreadable}", $"{s.Backgrounds}", $"{s.Objects}", $"{s.Polygons}", ImageSizes(s) }),
    ];

    private static string ImageSizes(SplitSummary split)
    {
        string sizes = string.Join(", ", split.ImageSizes.Take(SizesShown).Select(s => $"{s.Width}x{s.Height} ({s.Count})"));
        return split.ImageSizes.Count > SizesShown ? $"{sizes}, … {split.ImageSizes.Count} sizes" : sizes;
    }

    private static List<string[]> Sizes(SetReport report) =>
    [
        ["box sizes", "small (<32x32)", "medium", "large (96x96)", "smallest", "largest"],
        .. report.Splits.Select(s => new[]
        {
            s.Split, Share(s.SmallObjects, s.Objects), Share(s.MediumObjects, s.Objects), Share(s.LargeObjects, s.Objects),
            $"{s.Smallest.Width:0.#}x{s.Smallest.Height:0.#}", $"{s.Largest.Width:0.#}x{s.Largest.Height:0.#}",
        }),
    ];

    /// <summary>A line for each class that occurs (those that do not are a finding), the first hundred.</summary>
    private static List<string[]> Classes(SetReport report)
    {
        int[] used = [.. Enumerable.Range(0, report.Names.Count).Where(c => report.Splits.Any(s => s.ObjectsByClass[c] > 0))];
        List<string[]> rows = [["class", .. report.Splits.SelectMany(s => new[] { $"{s.Split} images", "objects", "share" })]];
        rows.AddRange(used.Take(ClassesShown).Select(c => (string[])
            [$"{c} {report.Names[c]}", .. report.Splits.SelectMany(s => new[] { $"{s.ImagesByClass[c]}", $"{s.ObjectsByClass[c]}", Share(s.ObjectsByClass[c], s.Objects) })]));
        if (used.Length > ClassesShown) rows.Add([$"… {used.Length - ClassesShown} more", .. Enumerable.Repeat("", rows[0].Length - 1)]);
        return rows;
    }

    private static string Share(int part, int all) => all == 0 ? "-" : $"{100.0 * part / all:0.0} %";
}
