namespace NativeTrain.Vision.Detect;

/// <summary>The area of a polygon x1 y1 x2 y2 …, by the shoelace formula ½ Σ (xᵢ·yᵢ₊₁ − xᵢ₊₁·yᵢ).</summary>
public static class PolygonArea
{
    /// <summary>Positive where the points run clockwise (y pointing down).</summary>
    public static double Signed(ReadOnlySpan<float> points)
    {
        double twice = 0;
        for (int i = 0; i + 1 < points.Length; i += 2)
        {
            int next = i + 2 < points.Length ? i + 2 : 0;
            twice += (double)points[i] * points[next + 1] - (double)points[next] * points[i + 1];
        }
        return twice / 2;
    }
}
