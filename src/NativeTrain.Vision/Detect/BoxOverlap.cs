namespace NativeTrain.Vision.Detect;

/// <summary>How much two boxes have in common.</summary>
public static class BoxOverlap
{
    /// <summary>Intersection over union of two corner boxes, 0…1; 0 for boxes without area.</summary>
    public static float Iou(float ax1, float ay1, float ax2, float ay2, float bx1, float by1, float bx2, float by2)
    {
        float w = MathF.Min(ax2, bx2) - MathF.Max(ax1, bx1);
        float h = MathF.Min(ay2, by2) - MathF.Max(ay1, by1);
        if (w <= 0 || h <= 0) return 0;
        float both = w * h;
        return both / ((ax2 - ax1) * (ay2 - ay1) + (bx2 - bx1) * (by2 - by1) - both);
    }

    /// <inheritdoc cref="Iou(float, float, float, float, float, float, float, float)"/>
    public static float Iou(in Detection a, in TruthBox b) => Iou(a.X1, a.Y1, a.X2, a.Y2, b.X1, b.Y1, b.X2, b.Y2);
}
