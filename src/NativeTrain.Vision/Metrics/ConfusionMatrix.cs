using NativeTrain.Vision.Detect;

namespace NativeTrain.Vision.Metrics;

/// <summary>
/// Which class is taken for which. Detections above a confidence are matched with the objects they overlap most,
/// whatever the class; an unmatched object was taken for background, an unmatched detection was found in background.
/// Of whole pictures (classify) each is taken for one class, and there is no background.
/// </summary>
public sealed class ConfusionMatrix
{
    private readonly float confidence, iou;

    private ConfusionMatrix(float[,] counts) => Counts = counts;

    /// <summary>A matrix for detections, with background.</summary>
    /// <param name="classes">Number of classes.</param>
    /// <param name="confidence">Detections count if their confidence is above this.</param>
    /// <param name="iou">A pair matches if its IoU is above this.</param>
    public ConfusionMatrix(int classes, float confidence = 0.25f, float iou = 0.45f)
    {
        this.confidence = confidence;
        this.iou = iou;
        Counts = new float[classes + 1, classes + 1];
    }

    /// <summary>A matrix for whole pictures: [classes, classes].</summary>
    public static ConfusionMatrix OfPictures(int classes) => new(new float[classes, classes]);

    /// <summary>Rows predicted, columns true: [classes + 1, classes + 1], the last of each background, or [classes, classes] of whole pictures.</summary>
    public float[,] Counts { get; }

    /// <summary>Adds one picture of a matrix without background.</summary>
    public void Add(int predicted, int truth) => Counts[predicted, truth]++;

    /// <summary>Adds one image's detections.</summary>
    public void Add(IReadOnlyList<Detection> found, IReadOnlyList<TruthBox> truth)
    {
        ArgumentNullException.ThrowIfNull(found);
        ArgumentNullException.ThrowIfNull(truth);
        int background = Counts.GetLength(0) - 1;
        Detection[] counted = [.. found.Where(d => d.Confidence > confidence)];
        int[] detectionOf = Match(counted, truth);
        bool[] matched = new bool[counted.Length];
        for (int t = 0; t < truth.Count; t++)
        {
            int d = detectionOf[t];
            if (d >= 0) matched[d] = true;
            Counts[d >= 0 ? counted[d].Class : background, truth[t].Class]++;
        }
        for (int d = 0; d < counted.Length; d++)
            if (!matched[d])
                Counts[counted[d].Class, background]++;
    }

    // Per object the detection it is matched with, or −1: a detection stands for the object it overlaps most, and an
    // object keeps, of the detections that stand for it, the one that overlaps it most.
    private int[] Match(Detection[] found, IReadOnlyList<TruthBox> truth)
    {
        int[] detectionOf = new int[truth.Count];
        float[] overlapOf = new float[truth.Count];
        Array.Fill(detectionOf, -1);
        for (int d = 0; d < found.Length; d++)
        {
            int best = -1;
            float overlap = iou;
            for (int t = 0; t < truth.Count; t++)
                if (BoxOverlap.Iou(found[d], truth[t]) is var o && o > overlap)
                    (best, overlap) = (t, o);
            if (best >= 0 && overlap > overlapOf[best]) (detectionOf[best], overlapOf[best]) = (d, overlap);
        }
        return detectionOf;
    }
}
