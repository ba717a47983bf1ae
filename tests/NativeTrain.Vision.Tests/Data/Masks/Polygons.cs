namespace NativeTrain.Vision.Tests;

/// <summary>Polygons for tests, and what is true of them by the book.</summary>
internal static class Polygons
{
    /// <summary>A star-like polygon, mostly concave, whose edges do not cross.</summary>
    public static float[] Star(Random random, float x, float y, float radius, int corners)
    {
        var points = new float[2 * corners];
        for (int i = 0; i < corners; i++)
        {
            float r = radius * (0.3f + 0.7f * random.NextSingle());
            var (sin, cos) = MathF.SinCos(2 * MathF.PI * (i + random.NextSingle() * 0.8f) / corners);
            (points[2 * i], points[2 * i + 1]) = (x + r * cos, y + r * sin);
        }
        return points;
    }

    /// <summary>Half the absolute sum of cross products of following corners.</summary>
    public static double Area(float[] polygon)
    {
        double sum = 0;
        for (int i = 0; i < polygon.Length; i += 2)
        {
            int j = (i + 2) % polygon.Length;
            sum += (double)polygon[i] * polygon[j + 1] - (double)polygon[j] * polygon[i + 1];
        }
        return Math.Abs(sum) / 2;
    }

    /// <summary>Even-odd rule: how often a ray to the right crosses the outline.</summary>
    public static bool Contains(float[] polygon, double x, double y)
    {
        bool inside = false;
        for (int i = 0, j = polygon.Length - 2; i < polygon.Length; j = i, i += 2)
            if (polygon[i + 1] > y != polygon[j + 1] > y
                && x < polygon[i] + (y - polygon[i + 1]) / ((double)polygon[j + 1] - polygon[i + 1]) * ((double)polygon[j] - polygon[i]))
                inside = !inside;
        return inside;
    }
}
