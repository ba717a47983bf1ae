using System.Globalization;
using NativeTrain.Core;

namespace NativeTrain.Vision.Data;

/// <summary>
/// Reads a label file: one object a line, <c>class cx cy w h</c>, or <c>class x1 y1 x2 y2 x3 y3 …</c> for a polygon,
/// whose bounding box counts. Coordinates are divided by the image's width and height.
/// </summary>
public static class LabelFile
{
    // Writers round, so a box may stick out by a last digit.
    private const float Tolerance = 1e-3f;

    /// <summary>The label file of an image: the last folder named <c>images</c> becomes <c>labels</c>, the ending <c>.txt</c>.</summary>
    public static string PathFor(string image)
    {
        ArgumentNullException.ThrowIfNull(image);
        string images = $"{Path.DirectorySeparatorChar}images{Path.DirectorySeparatorChar}";
        string labels = $"{Path.DirectorySeparatorChar}labels{Path.DirectorySeparatorChar}";
        int at = image.LastIndexOf(images, StringComparison.Ordinal);
        string moved = at < 0 ? image : string.Concat(image.AsSpan(0, at), labels, image.AsSpan(at + images.Length));
        return Path.ChangeExtension(moved, ".txt");
    }

    /// <summary>
    /// The objects in a label file; none where it is missing or empty (a background image). A bad line is left out and
    /// reported as "file:line: what is wrong"; a line that repeats an earlier one is left out and counted.
    /// </summary>
    /// <param name="path">The label file.</param>
    /// <param name="classes">How many classes the set has.</param>
    /// <param name="problems">Receives one line a fault.</param>
    public static IReadOnlyList<LabelRow> Read(string path, int classes, ICollection<string> problems)
    {
        ArgumentNullException.ThrowIfNull(problems);
        var faults = new List<LabelFault>();
        var rows = ReadLines(path, classes, faults);
        int duplicates = 0;
        foreach (var fault in faults)
            if (fault.Repeats) duplicates++;
            else problems.Add(fault.Place(path));
        if (duplicates > 0)
            problems.Add($"{path}: {Counted.Of(duplicates, "duplicate row")} removed");
        return [.. rows.Select(r => r.Row)];
    }

    /// <summary>The same, each object with the number of its line, from 1; every fault is told by its line.</summary>
    /// <param name="path">The label file.</param>
    /// <param name="classes">How many classes the set has.</param>
    /// <param name="faults">Receives each line that was left out.</param>
    public static IReadOnlyList<(int Line, LabelRow Row)> ReadLines(string path, int classes, ICollection<LabelFault> faults)
    {
        ArgumentNullException.ThrowIfNull(faults);
        if (!File.Exists(path)) return [];
        string[] lines;
        try
        {
            lines = File.ReadAllLines(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            faults.Add(new LabelFault(0, $"cannot be read: {e.Message}"));
            return [];
        }

        var rows = new List<(int, LabelRow)>();
        var first = new Dictionary<string, int>(StringComparer.Ordinal);
        for (int i = 0; i < lines.Length; i++)
        {
            string[] words = lines[i].Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
            if (words.Length == 0) continue;
            if (Parse(words, classes, out var row) is { } fault)
                faults.Add(new LabelFault(i + 1, fault));
            else if (!first.TryAdd(string.Join(' ', words), i + 1))
                faults.Add(new LabelFault(i + 1, $"repeats line {first[string.Join(' ', words)]}") { Repeats = true });
            else
                rows.Add((i + 1, row!));
        }
        return rows;
    }

    /// <summary>Fills <paramref name="row"/>, or says what is wrong.</summary>
    private static string? Parse(string[] words, int classes, out LabelRow? row)
    {
        row = null;
        if (words.Length < 5)
            return $"{Counted.Of(words.Length, "column")}, at least 5 are needed: class cx cy w h";

        var numbers = new float[words.Length];
        for (int i = 0; i < words.Length; i++)
            if (!float.TryParse(words[i], NumberStyles.Float, CultureInfo.InvariantCulture, out numbers[i]) || !float.IsFinite(numbers[i]))
                return $"'{OneLine.Of(words[i], most: 40)}' is not a number";

        float kind = numbers[0];
        if (kind != MathF.Floor(kind)) return $"class {words[0]} is not a whole number";
        if (kind < 0 || kind >= classes) return $"class {words[0]} is out of range: the set has classes 0 to {classes - 1}";

        bool polygon = words.Length >= 7;
        if (!polygon && words.Length == 6)
            return "6 columns: a box has 5 (class cx cy w h), a polygon an odd number from 7";
        if (polygon && words.Length % 2 == 0)
            return $"{words.Length} columns: a polygon needs x and y for each point";

        for (int i = 1; i < numbers.Length; i++)
        {
            bool size = !polygon && i >= 3;
            if (size && numbers[i] <= 0) return $"{(i == 3 ? "width" : "height")} {words[i]} is not positive";
            if (numbers[i] < -Tolerance) return $"coordinate {words[i]} is negative";
            if (numbers[i] > 1 + Tolerance) return $"coordinate {words[i]} is above 1: coordinates are divided by the image's size";
            numbers[i] = Math.Clamp(numbers[i], 0, 1);
        }

        row = polygon ? FromPolygon((int)kind, numbers[1..]) : new LabelRow((int)kind, numbers[1], numbers[2], numbers[3], numbers[4]);
        return row.W > 0 && row.H > 0 ? null : "the polygon has no area";
    }

    private static LabelRow FromPolygon(int kind, float[] points)
    {
        float x1 = 1, y1 = 1, x2 = 0, y2 = 0;
        for (int i = 0; i < points.Length; i += 2)
        {
            (x1, x2) = (Math.Min(x1, points[i]), Math.Max(x2, points[i]));
            (y1, y2) = (Math.Min(y1, points[i + 1]), Math.Max(y2, points[i + 1]));
        }
        return new LabelRow(kind, (x1 + x2) / 2, (y1 + y2) / 2, x2 - x1, y2 - y1, points);
    }
}
