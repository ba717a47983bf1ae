using System.Globalization;
using System.Text.Json;
using NativeTrain.Core;

namespace NativeTrain.Training;

/// <summary>What a training's folder says of itself: results.csv, args.yaml, metrics.json.</summary>
/// <param name="Folder">The folder.</param>
/// <param name="Columns">Of results.csv.</param>
/// <param name="Rows">Its cells as they are written, a row an epoch.</param>
/// <param name="Arguments">The options, in args.yaml's order; empty where the file is missing.</param>
/// <param name="Classes">Tables of the figures of each class, by title; empty where metrics.json is missing.</param>
internal sealed record RunFiles(string Folder, IReadOnlyList<string> Columns, IReadOnlyList<string[]> Rows,
    IReadOnlyList<KeyValuePair<string, string>> Arguments, IReadOnlyList<ClassTable> Classes)
{
    public string? Argument(string name) => Arguments.FirstOrDefault(a => a.Key == name).Value;

    /// <summary>A cell as a number; NaN where it is none.</summary>
    public double Number(int row, string column) => Number(row, Index(column));

    public double Number(int row, int column) =>
        column >= 0 && double.TryParse(Rows[row][column], NumberStyles.Float, CultureInfo.InvariantCulture, out double v) ? v : double.NaN;

    public int Index(string column) => Columns.ToList().IndexOf(column);

    public IReadOnlyList<string> Metrics => [.. Columns.Where(IsMetric)];

    public static bool IsMetric(string column) => column.StartsWith("metrics/", StringComparison.Ordinal);

    /// <summary>Whether an epoch was validated; the figures of one that was not are all 0.</summary>
    public bool Validated(int row) => Metrics.Any(m => Number(row, m) != 0);

    /// <summary>
    /// The row that best.safetensors is of: that of the highest fitness, the later one of two equal. Of boxes and masks it is
    /// 0.1·mAP50 + 0.9·mAP50-95 each, of classes the mean of top-1 and top-5. Null where no epoch was validated.
    /// </summary>
    public int? Best => Enumerable.Range(0, Rows.Count).Where(Validated).OrderBy(Fitness).Select(r => (int?)r).LastOrDefault();

    private double Fitness(int row) => Metrics.Sum(m => Number(row, m) * (
        m.Contains("mAP50-95", StringComparison.Ordinal) ? 0.9 : m.Contains("mAP50", StringComparison.Ordinal) ? 0.1 : m.Contains("accuracy", StringComparison.Ordinal) ? 0.5 : 0));

    /// <exception cref="InputException">The folder is not one of a training, or a file in it is malformed.</exception>
    public static RunFiles Read(string folder)
    {
        string csv = Path.Combine(folder, "results.csv");
        if (!File.Exists(csv)) throw new InputException($"{csv}: no such file; give the folder of a training, such as runs/detect/train");
        string[][] lines = [.. File.ReadLines(csv).Where(l => l.Length > 0).Select(l => l.Split(',').Select(cell => cell.Trim()).ToArray())];
        int wrong = Array.FindIndex(lines, l => l.Length != lines[0].Length);
        if (lines.Length == 0 || wrong >= 0) throw new InputException($"{csv}:{wrong + 1}: has not as many cells as the first line has names");
        return new RunFiles(folder, lines[0], lines[1..], ReadArguments(Path.Combine(folder, "args.yaml")), ReadClasses(Path.Combine(folder, "metrics.json")));
    }

    /// <summary>The lines "name: value" that <see cref="ArgsYaml"/> writes; a text in single quotes has its own doubled.</summary>
    private static List<KeyValuePair<string, string>> ReadArguments(string path)
    {
        var arguments = new List<KeyValuePair<string, string>>();
        if (!File.Exists(path)) return arguments;
        foreach (string line in File.ReadLines(path))
        {
            if (line.Split(": ", 2) is not [var name, var value]) continue;
            bool quoted = value.Length >= 2 && value[0] == '\'' && value[^1] == '\'';
            arguments.Add(new(name, quoted ? value[1..^1].Replace("''", "'", StringComparison.Ordinal) : value));
        }
        return arguments;
    }

    /// <summary>The tables "classes" of the file: of boxes (or whole pictures) at its top, of masks below "masks".</summary>
    private static List<ClassTable> ReadClasses(string path)
    {
        var tables = new List<ClassTable>();
        if (!File.Exists(path)) return tables;
        try
        {
            using var json = JsonDocument.Parse(File.ReadAllBytes(path));
            bool masks = json.RootElement.TryGetProperty("masks", out var below);
            if (ClassTable.From(masks ? "Boxes" : "", json.RootElement) is { } top) tables.Add(top);
            if (masks && ClassTable.From("Masks", below) is { } table) tables.Add(table);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new InputException($"{path}: not a file of metrics: {e.Message.ReplaceLineEndings(" ")}", e);
        }
        return tables;
    }
}

/// <summary>Figures of each class.</summary>
/// <param name="Title">Of the table; empty where there is only one.</param>
/// <param name="Columns">Names of the figures.</param>
/// <param name="Rows">Class names and their figures; null for one that is no number.</param>
internal sealed record ClassTable(string Title, IReadOnlyList<string> Columns, IReadOnlyList<(string Name, double?[] Values)> Rows)
{
    /// <summary>Reads {"classes": {name: {figure: number}}}; null where there are no classes.</summary>
    public static ClassTable? From(string title, JsonElement element)
    {
        if (!element.TryGetProperty("classes", out var classes) || classes.EnumerateObject().FirstOrDefault() is not { Value.ValueKind: JsonValueKind.Object } first) return null;
        string[] columns = [.. first.Value.EnumerateObject().Select(p => p.Name)];
        return new ClassTable(title, columns, [.. classes.EnumerateObject().Select(c => (c.Name, columns.Select(name => Figure(c.Value, name)).ToArray()))]);
    }

    private static double? Figure(JsonElement row, string name) =>
        row.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number ? value.GetDouble() : null;
}
