using NativeTrain.Vision.Data;
using NativeTrain.Vision.Plots;

namespace NativeTrain.Training;

/// <summary>The pictures of a classifier's training and validation.</summary>
internal static class ClassifyPictures
{
    /// <summary>The pictures of a batch, each with a class under it; green or red where it is compared with the true one.</summary>
    public static void Batch(string path, ImageBatch batch, IReadOnlyList<int> classes, IReadOnlyList<string> names, IReadOnlyList<int>? truth = null)
    {
        var tiles = Enumerable.Range(0, Math.Min(batch.N, BatchPicture.MostTiles))
            .Select(i => new BatchTile(BatchTiles.Image(batch, i), [], names[classes[i]]) { Right = truth is null ? null : classes[i] == truth[i] });
        BatchPicture.Write(path, [.. tiles], names);
    }

    /// <summary>The confusion matrix in counts and in shares.</summary>
    public static void Confusion(string folder, ValidationResult result, IReadOnlyList<string> names)
    {
        ConfusionPlot.Write(Path.Combine(folder, "confusion_matrix.png"), result.Confusion.Counts, names, normalize: false, background: false);
        ConfusionPlot.Write(Path.Combine(folder, "confusion_matrix_normalized.png"), result.Confusion.Counts, names, normalize: true, background: false);
    }
}
