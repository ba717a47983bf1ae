using NativeTrain.Vision.Detect;

namespace NativeTrain.Vision.Metrics;

/// <summary>
/// Which detections of one image are right. A detection stands for the object of its class that it overlaps most;
/// of several detections that stand for one object, the most confident is right and the others are not. Each
/// detection and each object is so used at most once per threshold.
/// </summary>
public static class Matching
{
    /// <summary>IoU thresholds .50, .55, … .95.</summary>
    public static IReadOnlyList<float> Thresholds { get; } = [.5f, .55f, .6f, .65f, .7f, .75f, .8f, .85f, .9f, .95f];

    /// <param name="found">Detections by falling confidence.</param>
    /// <param name="truth">The image's objects.</param>
    /// <returns>Per detection a bit mask: bit t is set where it is right at <see cref="Thresholds"/>[t].</returns>
    public static ushort[] TruePositives(IReadOnlyList<Detection> found, IReadOnlyList<TruthBox> truth)
    {
        ArgumentNullException.ThrowIfNull(found);
        ArgumentNullException.ThrowIfNull(truth);
        return TruePositives(found, truth, (d, t) => BoxOverlap.Iou(found[d], truth[t]));
    }

    /// <summary>As above, by an overlap of another kind: of masks.</summary>
    /// <param name="found">Detections by falling confidence.</param>
    /// <param name="truth">The image's objects.</param>
    /// <param name="iou">IoU 0…1 of a detection with an object, by their indices; asked for pairs of one class.</param>
    public static ushort[] TruePositives(IReadOnlyList<Detection> found, IReadOnlyList<TruthBox> truth, Func<int, int, float> iou)
    {
        ArgumentNullException.ThrowIfNull(found);
        ArgumentNullException.ThrowIfNull(truth);
        ArgumentNullException.ThrowIfNull(iou);
        ushort[] right = new ushort[found.Count];
        ushort[] taken = new ushort[truth.Count];
        for (int d = 0; d < found.Count; d++)
        {
            int best = -1;
            float overlap = 0;
            for (int t = 0; t < truth.Count; t++)
            {
                if (truth[t].Class != found[d].Class) continue;
                if (iou(d, t) is var o && o > overlap) (best, overlap) = (t, o);
            }
            if (best < 0) continue;
            for (int k = 0; k < Thresholds.Count; k++)
                if (overlap >= Thresholds[k])
                    right[d] |= (ushort)(1 << k);
            right[d] &= (ushort)~taken[best];
            taken[best] |= right[d];
        }
        return right;
    }
}
