using NativeTrain.Core;
using NativeTrain.Vision.Data;
using NativeTrain.Vision.Plots;

namespace NativeTrain.Training;

/// <summary>The pictures of a training: labels.png, results.png, train_batchN.jpg.</summary>
internal static class TrainingPictures
{
    /// <summary>How often each class occurs, where and how large: labels.png.</summary>
    public static void Labels(string folder, DetectionDataset set, IReadOnlyList<string> names) =>
        LabelsPlot.Write(Path.Combine(folder, "labels.png"), set.Labels.SelectMany(l => l.Rows).Select(r => (r.Class, r.X, r.Y, r.W, r.H)), names);

    /// <summary>The columns of results.csv over the epochs: results.png.</summary>
    public static void Results(string folder, ResultsCsv results) =>
        ResultsPlot.Write(Path.Combine(folder, "results.png"), results.Columns, results.Rows);

    /// <summary>A batch as the network sees it, with its boxes: train_batchN.jpg.</summary>
    public static void Batch(string folder, int number, DetectionBatch batch, IReadOnlyList<string> names)
    {
        var tiles = Enumerable.Range(0, Math.Min(batch.N, BatchPicture.MostTiles))
            .Select(i => new BatchTile(BatchTiles.Image(batch, i), BatchTiles.Truth(batch, i), Path.GetFileName(batch.Samples[i].Path)) { Masks = BatchMasks.Drawn(batch, i) });
        BatchPicture.Write(Path.Combine(folder, $"train_batch{number}.jpg"), [.. tiles], names);
    }
}
