using NativeTrain.Core;
using NativeTrain.Vision.Data;
using NativeTrain.Vision.Images;
using NativeTrain.Vision.Plots;

namespace NativeTrain.Training;

/// <summary>The pictures of a batch with what they are to teach: true boxes and the cells that learn them, or a class.</summary>
internal static class AssignedCells
{
    /// <summary>Pictures on the page.</summary>
    private const int Most = 8;

    /// <summary>Numbers of a cell's row: four corners, score, class, target (<see cref="DetectionLossArgs.Saved"/>).</summary>
    private const int Row = 7;

    public static IReadOnlyList<PictureView> Of(ImageBatch batch, ValueRecorder values, IReadOnlyList<string> names) =>
        [.. Enumerable.Range(0, Math.Min(batch.N, Most)).Select(i => Picture(batch, i, values, names))];

    /// <summary>How many cells of each level learn an object, and how many objects no cell learns, over the whole batch.</summary>
    public static (IReadOnlyList<(int Stride, int Cells)> Levels, int Boxes, int Missed)? Count(ImageBatch batch, ValueRecorder values)
    {
        if (batch is not DetectionBatch truth || values.Assigned is null) return null;
        var cells = Enumerable.Range(0, batch.N).SelectMany(i => Cells(batch, i, values).Select(c => (Image: i, Cell: c))).ToList();
        int taught = cells.Select(c => (c.Image, c.Cell.Box)).Distinct().Count();
        return ([.. cells.GroupBy(c => c.Cell.Size).OrderBy(g => g.Key).Select(g => (g.Key, g.Count()))], truth.TargetCount, truth.TargetCount - taught);
    }

    private static PictureView Picture(ImageBatch batch, int image, ValueRecorder values, IReadOnlyList<string> names)
    {
        int bytes = batch.H * batch.W * 3;
        string uri = EmbeddedPicture.Of(new RgbImage(batch.H, batch.W, batch.Images.Slice(image * bytes, bytes).ToArray()));
        string name = image < batch.Samples.Count ? Path.GetFileName(batch.Samples[image].Path) : $"picture {image + 1}";
        if (batch is ClassifyBatch { Classes: var classes } && values.Logits is { } logits)
        {
            double p = Softmax(logits.Values.AsSpan(image * logits.Classes, logits.Classes), classes[image]);
            return new PictureView(name, uri, batch.W, batch.H, [], [], names[classes[image]], p);
        }
        CellView[] cells = [.. Cells(batch, image, values)];
        return new PictureView(name, uri, batch.W, batch.H, Boxes((DetectionBatch)batch, image, cells, names), cells, null, null);
    }

    private static BoxView[] Boxes(DetectionBatch batch, int image, CellView[] cells, IReadOnlyList<string> names) =>
    [
        .. batch.Targets.Chunk(6).Where(t => t[0] == image).Select((t, i) =>
            new BoxView((t[2] - t[4] / 2) * batch.W, (t[3] - t[5] / 2) * batch.H, t[4] * batch.W, t[5] * batch.H, names[(int)t[1]], cells.Count(c => c.Box == i))),
    ];

    private static IEnumerable<CellView> Cells(ImageBatch batch, int image, ValueRecorder values)
    {
        if (values.Assigned is not { } assigned) yield break;
        int all = assigned.Levels.Sum(l => l[1] * l[2]), first = image * all;
        foreach (var level in assigned.Levels)
        {
            int stride = batch.H / level[1];
            for (int cell = 0; cell < level[1] * level[2]; cell++)
            {
                var row = assigned.Rows.AsMemory((first + cell) * Row, Row).Span;
                if (row[6] >= 0) yield return new CellView((cell % level[2] + 0.5) * stride, (cell / level[2] + 0.5) * stride, stride, (int)row[6], row[4]);
            }
            first += level[1] * level[2];
        }
    }

    private static double Softmax(ReadOnlySpan<float> logits, int of)
    {
        double max = double.NegativeInfinity, sum = 0;
        foreach (float v in logits) max = Math.Max(max, v);
        foreach (float v in logits) sum += Math.Exp(v - max);
        return Math.Exp(logits[of] - max) / sum;
    }
}
