using System.Globalization;
using NativeTrain.Core;
using NativeTrain.Vision.Plots;

namespace NativeTrain.Training;

/// <summary>The cells of a <see cref="ScaleBench"/> as a file of numbers, as a table for people and as a picture.</summary>
public static class ScaleTable
{
    private const string Header = "model,imgsz,batch,threads,seconds,images_per_second,peak_mib";

    /// <summary>A line a cell; a step that did not fit has empty times.</summary>
    public static IEnumerable<string> Csv(IEnumerable<ScaleCell> cells)
    {
        ArgumentNullException.ThrowIfNull(cells);
        return cells.Select(c => string.Create(CultureInfo.InvariantCulture, $"{c.Case.Model},{c.Case.ImageSize},{c.Case.Batch},{c.Case.Threads},{c.Seconds:F4},{c.ImagesPerSecond:F2},{c.PeakBytes / 1048576.0:F0}")).Prepend(Header);
    }

    /// <summary>
    /// Markdown: a row for a model, a size and a number of threads, a column a batch, with images/s and peak memory; behind them how time and memory grow over the batches:
    /// the exponents p of time ~ batchᵖ and memory ~ batchᵖ between the smallest and the largest one that ran (1: in proportion).
    /// </summary>
    public static IEnumerable<string> Markdown(IReadOnlyList<ScaleCell> cells)
    {
        ArgumentNullException.ThrowIfNull(cells);
        int[] batches = [.. cells.Select(c => c.Case.Batch).Distinct().Order()];
        yield return $"| model | pixels | threads | {string.Join(" | ", batches.Select(b => $"batch {b}"))} | time grows as | memory grows as |";
        yield return $"|{string.Concat(Enumerable.Repeat("---|", batches.Length + 5))}";
        foreach (var row in Rows(cells))
        {
            var byBatch = row.ToDictionary(c => c.Case.Batch);
            string Text(int batch) => !byBatch.TryGetValue(batch, out var c) ? "" : c.Seconds is null ? $"does not fit ({Size(c)})" : $"{c.ImagesPerSecond:F1} images/s, {Size(c)}";
            yield return $"| {row.Key.Model} | {row.Key.ImageSize} | {row.Key.Threads} | {string.Join(" | ", batches.Select(Text))} | {Growth(row, c => c.Seconds!.Value)} | {Growth(row, c => c.PeakBytes)} |";
        }
    }

    /// <summary>Images/s and peak memory over the batch: a colour for a model and a size; dashes for one thread; memory, which no number of threads changes, once.</summary>
    /// <exception cref="InputException">The file cannot be written.</exception>
    public static void Draw(string path, string device, IReadOnlyList<ScaleCell> cells)
    {
        ArgumentNullException.ThrowIfNull(cells);
        var families = Rows(cells.Where(c => c.Seconds is not null)).GroupBy(r => (r.Key.Model, r.Key.ImageSize)).ToArray();
        if (families.Length == 0) return;
        static GrowthLine Line(IEnumerable<ScaleCell> row, int family, string name, bool dashed, Func<ScaleCell, double> figure) =>
            new(name, family, [.. row.Select(c => (double)c.Case.Batch)], [.. row.Select(figure)], dashed);
        GrowthLine[] speed = [.. families.SelectMany((f, i) => f.Select(r => Line(r, i, $"{Name(f.Key)}, {r.Key.Threads} {(r.Key.Threads == 1 ? "thread" : "threads")}", r.Key.Threads == 1, c => c.ImagesPerSecond!.Value)))];
        GrowthLine[] memory = [.. families.Select((f, i) => Line(f.SelectMany(r => r).DistinctBy(c => c.Case.Batch).OrderBy(c => c.Case.Batch), i, Name(f.Key), dashed: false, c => c.PeakBytes / 1048576.0))];
        GrowthPlot.Write(path, "images a batch", ($"images/s, {device}", speed), ("peak of tensors, MiB", memory));
    }

    private static string Name((string Model, int ImageSize) of) => $"{of.Model} at {of.ImageSize}";

    private static IEnumerable<IGrouping<(string Model, int ImageSize, int Threads), ScaleCell>> Rows(IEnumerable<ScaleCell> cells) =>
        cells.OrderBy(c => c.Case.Batch).GroupBy(c => (c.Case.Model, c.Case.ImageSize, c.Case.Threads));

    private static string Size(ScaleCell c) => string.Create(CultureInfo.InvariantCulture, $"{c.PeakBytes / 1048576.0:F0} MiB");

    private static string Growth(IEnumerable<ScaleCell> row, Func<ScaleCell, double> figure)
    {
        ScaleCell[] ran = [.. row.Where(c => c.Seconds is not null)];
        if (ran.Length < 2) return "";
        double power = Math.Log(figure(ran[^1]) / figure(ran[0])) / Math.Log((double)ran[^1].Case.Batch / ran[0].Case.Batch);
        return string.Create(CultureInfo.InvariantCulture, $"batch^{power:F2}");
    }
}
