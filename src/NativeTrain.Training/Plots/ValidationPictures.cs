using NativeTrain.Vision.Data;
using NativeTrain.Vision.Metrics;
using NativeTrain.Vision.Plots;

namespace NativeTrain.Training;

/// <summary>The pictures of a validation: its curves, its confusion matrix, and batches with truth and prediction.</summary>
internal static class ValidationPictures
{
    /// <summary>Detections less sure than this are not drawn.</summary>
    private const float DrawnConfidence = 0.25f;

    /// <summary>val_batchN_labels.jpg and val_batchN_pred.jpg.</summary>
    public static void Batch(string folder, int number, DetectionBatch batch, IReadOnlyList<ValidatedImage> images, IReadOnlyList<string> names)
    {
        var truth = new List<BatchTile>();
        var found = new List<BatchTile>();
        for (int i = 0; i < Math.Min(batch.N, BatchPicture.MostTiles); i++)
        {
            var picture = BatchTiles.Image(batch, i);
            string caption = Path.GetFileName(batch.Samples[i].Path);
            truth.Add(new BatchTile(picture, BatchTiles.Truth(batch, i), caption) { Masks = BatchMasks.Drawn(batch, i) });
            found.Add(new BatchTile(picture, BatchTiles.Found(images[i].Found.Where(d => d.Confidence > DrawnConfidence), batch.Samples[i]), caption)
            {
                Masks = [.. (images[i].Masks?.Found ?? []).Zip(images[i].Found).Where(p => p.Second.Confidence > DrawnConfidence).Select(p => new DrawnMask(p.First, p.Second.Class))],
            });
        }
        BatchPicture.Write(Path.Combine(folder, $"val_batch{number}_labels.jpg"), truth, names);
        BatchPicture.Write(Path.Combine(folder, $"val_batch{number}_pred.jpg"), found, names);
    }

    /// <summary>PR, F1, P and R curves (of a segmentation those of boxes and of masks), and the confusion matrix in counts and in shares.</summary>
    public static void Curves(string folder, DetectionValidation result, IReadOnlyList<string> names)
    {
        Curves(folder, result.Masks is null ? "" : "Box", result.Report);
        if (result.Masks is { } masks) Curves(folder, "Mask", masks);
        ConfusionPlot.Write(Path.Combine(folder, "confusion_matrix.png"), result.Confusion.Counts, names, normalize: false);
        ConfusionPlot.Write(Path.Combine(folder, "confusion_matrix_normalized.png"), result.Confusion.Counts, names, normalize: true);
    }

    private static void Curves(string folder, string prefix, DetectionReport report)
    {
        string[] shown = [.. report.Classes.Select(c => c.Name)];
        if (shown.Length == 0) return;
        int[] classes = [.. report.Classes.Select(c => c.Class)]; // of the curves, so that they have the colours of the boxes
        Curve("PR_curve.png", "Precision over recall", "Recall", "Precision", DetectionReport.Recalls, c => c.PrecisionByRecall,
            $"all classes {report.Map50:0.000} mAP50", [.. report.Classes.Select(c => c.Ap50)]);
        Curve("F1_curve.png", "F1 over confidence", "Confidence", "F1", DetectionReport.Confidences, c => c.F1Curve,
            $"all classes {report.F1:0.00} at {report.Confidence:0.000}", null);
        Curve("P_curve.png", "Precision over confidence", "Confidence", "Precision", DetectionReport.Confidences, c => c.PrecisionCurve, "all classes", null);
        Curve("R_curve.png", "Recall over confidence", "Confidence", "Recall", DetectionReport.Confidences, c => c.RecallCurve, "all classes", null);

        void Curve(string file, string title, string xLabel, string yLabel, IReadOnlyList<double> x, Func<ClassReport, double[]> y, string summary, IReadOnlyList<double>? values)
        {
            double[] mean = [.. x.Select((_, i) => report.Classes.Average(c => y(c)[i]))];
            CurvePlot.Write(Path.Combine(folder, prefix + file), title, xLabel, yLabel, x, [.. report.Classes.Select(y)], shown, mean, summary, values, classes);
        }
    }
}
