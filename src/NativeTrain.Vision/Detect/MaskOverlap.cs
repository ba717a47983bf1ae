namespace NativeTrain.Vision.Detect;

/// <summary>How much the masks of one image have in common.</summary>
public static class MaskOverlap
{
    /// <summary>IoU of every found mask with every true one of the same class; 0 for pairs of different classes, which are never matched.</summary>
    /// <param name="found">Masks of the detections, all of one size.</param>
    /// <param name="foundClasses">Their classes.</param>
    /// <param name="truth">Masks of the objects, of the same size.</param>
    /// <param name="truthClasses">Their classes.</param>
    /// <returns>[found, truth].</returns>
    public static float[,] Matrix(IReadOnlyList<BitMask> found, IReadOnlyList<int> foundClasses, IReadOnlyList<BitMask> truth, IReadOnlyList<int> truthClasses)
    {
        ArgumentNullException.ThrowIfNull(found);
        ArgumentNullException.ThrowIfNull(foundClasses);
        ArgumentNullException.ThrowIfNull(truth);
        ArgumentNullException.ThrowIfNull(truthClasses);
        if (found.Count != foundClasses.Count || truth.Count != truthClasses.Count)
            throw new ArgumentException("each mask has one class");
        int[] foundArea = [.. found.Select(m => m.Area)], truthArea = [.. truth.Select(m => m.Area)];
        var iou = new float[found.Count, truth.Count];
        for (int d = 0; d < found.Count; d++)
            for (int t = 0; t < truth.Count; t++)
                if (foundClasses[d] == truthClasses[t])
                    iou[d, t] = BitMask.Iou(found[d].Intersection(truth[t]), foundArea[d], truthArea[t]);
        return iou;
    }
}
