namespace NativeTrain.Vision.Data;

/// <summary>
/// Closed polygons x1 y1 x2 y2 … in pixel-edge coordinates. An affine or projective map takes straight lines to straight
/// lines, so corners are all that has to be moved; only clipping makes new ones.
/// </summary>
internal static class Outline
{
    // Nearer to the vanishing line than this, a perspective would throw points towards infinity and beyond.
    private const double LeastDepth = 0.05;

    private static readonly float[] Nothing = [];

    /// <summary>The four corners of a box.</summary>
    public static float[] Rectangle(float x1, float y1, float x2, float y2) => [x1, y1, x2, y1, x2, y2, x1, y2];

    /// <summary>(x, y) → (sx·x + dx, sy·y + dy).</summary>
    public static float[] Scale(ReadOnlySpan<float> polygon, float sx, float sy, float dx = 0, float dy = 0)
    {
        var moved = new float[polygon.Length];
        for (int i = 0; i < moved.Length; i += 2)
            (moved[i], moved[i + 1]) = (polygon[i] * sx + dx, polygon[i + 1] * sy + dy);
        return moved;
    }

    /// <summary>Mirrors left-right in a canvas of this width.</summary>
    public static float[] FlipLr(ReadOnlySpan<float> polygon, float width) => Scale(polygon, -1, 1, width, 0);

    /// <summary>Mirrors up-down in a canvas of this height.</summary>
    public static float[] FlipUd(ReadOnlySpan<float> polygon, float height) => Scale(polygon, 1, -1, 0, height);

    /// <summary>(x, y) → the 3×3 matrix times (x, y, 1), divided by its third coordinate; the part behind the viewer is cut off.</summary>
    public static float[] Transform(ReadOnlySpan<double> matrix, float[] polygon)
    {
        polygon = ClipHalfPlane(polygon, matrix[6], matrix[7], matrix[8] - LeastDepth);
        var moved = new float[polygon.Length];
        for (int i = 0; i < moved.Length; i += 2)
        {
            double x = polygon[i], y = polygon[i + 1], w = matrix[6] * x + matrix[7] * y + matrix[8];
            moved[i] = (float)((matrix[0] * x + matrix[1] * y + matrix[2]) / w);
            moved[i + 1] = (float)((matrix[3] * x + matrix[4] * y + matrix[5]) / w);
        }
        return moved;
    }

    /// <summary>The part within [0, width] × [0, height] (Sutherland and Hodgman, 1974); empty where none is.</summary>
    public static float[] Clip(float[] polygon, float height, float width)
    {
        float[] clipped = ClipHalfPlane(polygon, 1, 0, 0);
        clipped = ClipHalfPlane(clipped, -1, 0, width);
        clipped = ClipHalfPlane(clipped, 0, 1, 0);
        clipped = ClipHalfPlane(clipped, 0, -1, height);
        if (clipped == polygon) return polygon;
        // Points on the border, where they were rounded beyond it.
        for (int i = 0; i < clipped.Length; i += 2)
            (clipped[i], clipped[i + 1]) = (Math.Clamp(clipped[i], 0, width), Math.Clamp(clipped[i + 1], 0, height));
        return clipped;
    }

    /// <summary>The box around a polygon; of no size for an empty one.</summary>
    public static (float X1, float Y1, float X2, float Y2) Bounds(ReadOnlySpan<float> polygon)
    {
        if (polygon.IsEmpty) return default;
        float x1 = polygon[0], y1 = polygon[1], x2 = x1, y2 = y1;
        for (int i = 2; i < polygon.Length; i += 2)
        {
            (x1, x2) = (Math.Min(x1, polygon[i]), Math.Max(x2, polygon[i]));
            (y1, y2) = (Math.Min(y1, polygon[i + 1]), Math.Max(y2, polygon[i + 1]));
        }
        return (x1, y1, x2, y2);
    }

    /// <summary>The part where a·x + b·y + c ≥ 0; the polygon itself where that is all of it.</summary>
    private static float[] ClipHalfPlane(float[] polygon, double a, double b, double c)
    {
        int inside = 0;
        for (int i = 0; i < polygon.Length; i += 2)
            if (a * polygon[i] + b * polygon[i + 1] + c >= 0) inside++;
        if (inside == polygon.Length / 2) return polygon;
        if (inside == 0) return Nothing;

        var kept = new List<float>(polygon.Length + 4);
        float px = polygon[^2], py = polygon[^1];
        double before = a * px + b * py + c;
        for (int i = 0; i < polygon.Length; i += 2)
        {
            float x = polygon[i], y = polygon[i + 1];
            double now = a * x + b * y + c;
            if (before >= 0 != now >= 0)
            {
                double t = before / (before - now);                            // where the edge meets the line
                kept.Add((float)(px + t * (x - px)));
                kept.Add((float)(py + t * (y - py)));
            }
            if (now >= 0)
            {
                kept.Add(x);
                kept.Add(y);
            }
            (px, py, before) = (x, y, now);
        }
        return [.. kept];
    }
}
