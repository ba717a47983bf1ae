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

    /// <summary>Images/s and peak memory over the batch (<see cref="Lines"/>).</summary>
    /// <returns>Whether there was anything to draw.</returns>
    /// <exception cref="InputException">The file cannot be written.</exception>
    public static bool Draw(string path, string device, IReadOnlyList<ScaleCell> cells)
    {
        var (speed, memory) = Lines(cells);
        if (speed.Count == 0) return false;
        GrowthPlot.Write(path, "images a batch", ($"images/s, {device}", speed), ("peak of tensors, MiB", memory));
        return true;
    }

    /// <summary>A colour for a model and a size, a pattern for a number of threads, the most of them whole; memory, which no number of threads changes, once.</summary>
    public static (IReadOnlyList<GrowthLine> Speed, IReadOnlyList<GrowthLine> Memory) Lines(IReadOnlyList<ScaleCell> cells)
    {
        ArgumentNullException.ThrowIfNull(cells);
        var ran = cells.Where(c => c.Seconds is not null).ToArray();
        int[] threads = [.. ran.Select(c => c.Case.Threads).Distinct().OrderDescending()];
        var speed = new List<GrowthLine>();
        var memory = new List<GrowthLine>();
        foreach (var family in Rows(ran).GroupBy(r => $"{r.Key.Model} at {r.Key.ImageSize}"))
        {
            foreach (var row in family)
                speed.Add(Line($"{family.Key}, {Counted.Of(row.Key.Threads, "thread")}", row, c => c.ImagesPerSecond!.Value, Array.IndexOf(threads, row.Key.Threads)));
            memory.Add(Line(family.Key, family.SelectMany(r => r).DistinctBy(c => c.Case.Batch).OrderBy(c => c.Case.Batch), c => c.PeakBytes / 1048576.0, pattern: 0));

            GrowthLine Line(string name, IEnumerable<ScaleCell> cells, Func<ScaleCell, double> figure, int pattern) =>
                new(name, memory.Count, [.. cells.Select(c => (double)c.Case.Batch)], [.. cells.Select(figure)], pattern);
        }
        return (speed, memory);
    }

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
