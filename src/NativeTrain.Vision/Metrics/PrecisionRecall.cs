namespace NativeTrain.Vision.Metrics;

/// <summary>
/// Precision and recall of one class at one IoU threshold, as the confidence falls: element i counts the i + 1 most
/// confident detections. Precision = TP / (TP + FP), recall = TP / objects.
/// </summary>
public sealed class PrecisionRecall
{
    private const double Eps = 1e-16; // against 0 / 0

    private readonly double[] precision, recall;
    private readonly double[] envelopeRecall, envelopePrecision;

    /// <param name="right">Whether each detection is right, by falling confidence.</param>
    /// <param name="objects">Objects of the class.</param>
    public PrecisionRecall(ReadOnlySpan<bool> right, int objects)
    {
        precision = new double[right.Length];
        recall = new double[right.Length];
        int truePositives = 0;
        for (int i = 0; i < right.Length; i++)
        {
            if (right[i]) truePositives++;
            precision[i] = (double)truePositives / (i + 1);
            recall[i] = truePositives / (objects + Eps);
        }

        // The envelope: the best precision at this recall or a higher one, from (0, 1) to (1, 0).
        envelopeRecall = [0, .. recall, 1];
        envelopePrecision = [1, .. precision, 0];
        for (int i = envelopePrecision.Length - 2; i >= 0; i--)
            envelopePrecision[i] = Math.Max(envelopePrecision[i], envelopePrecision[i + 1]);
    }

    /// <summary>The envelope's precision at a recall of 0…1.</summary>
    public double PrecisionAt(double recallPoint) => Curve.Interpolate(recallPoint, envelopeRecall, envelopePrecision, left: 1);

    /// <summary>Area under the envelope, by trapezoids through 101 recall points (as COCO samples it).</summary>
    public double AveragePrecision()
    {
        const int points = 101;
        double area = 0, before = PrecisionAt(0);
        for (int i = 1; i < points; i++)
        {
            double here = PrecisionAt((double)i / (points - 1));
            area += (before + here) / 2 / (points - 1);
            before = here;
        }
        return area;
    }

    /// <summary>Precision and recall at a confidence threshold; <paramref name="falling"/> holds minus the detections' confidences.</summary>
    public (double Precision, double Recall) At(double confidence, ReadOnlySpan<double> falling) =>
        (Curve.Interpolate(-confidence, falling, precision, left: 1), Curve.Interpolate(-confidence, falling, recall, left: 0));
}
