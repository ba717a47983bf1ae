namespace NativeTrain.Vision.Detect;

/// <summary>
/// The algorithm of Ramer (1972), Douglas and Peucker (1973) on a closed line: a stretch is replaced by its chord where no
/// point of it lies farther from the chord than a tolerance; else it is split at the farthest point.
/// </summary>
public static class PolygonSimplification
{
    /// <param name="points">x1 y1 x2 y2 …, a closed line.</param>
    /// <param name="tolerance">In the points' unit.</param>
    /// <returns>The points that are kept, in their order: at least three where three span an area; else all.</returns>
    public static float[] Simplify(float[] points, float tolerance)
    {
        ArgumentNullException.ThrowIfNull(points);
        int count = points.Length / 2;
        if (count <= 3) return points;

        // The first point and the one farthest from it split the ring into two stretches.
        var (far, _) = Farthest(points, 0, count, 0);
        bool[] kept = new bool[count];
        kept[0] = kept[far] = true;
        var stretches = new Stack<(int From, int To)>([(0, far), (far, count)]);
        while (stretches.TryPop(out var s))
        {
            var (split, distance) = Farthest(points, s.From, s.To, s.To % count);
            if (distance <= (double)tolerance * tolerance) continue;
            kept[split] = true;
            stretches.Push((s.From, split));
            stretches.Push((split, s.To));
        }
        float[] simple = [.. Enumerable.Range(0, count).Where(i => kept[i]).SelectMany(i => new[] { points[2 * i], points[2 * i + 1] })];
        return simple.Length >= 6 ? simple : points;
    }

    /// <summary>Of the points between two, the one farthest from the line segment between point <paramref name="from"/> and point <paramref name="end"/>, and its squared distance.</summary>
    private static (int Index, double Distance) Farthest(float[] points, int from, int to, int end)
    {
        int best = from;
        double farthest = -1;
        double ax = points[2 * from], ay = points[2 * from + 1], dx = points[2 * end] - ax, dy = points[2 * end + 1] - ay;
        double length = dx * dx + dy * dy;
        for (int i = from + 1; i < to; i++)
        {
            double px = points[2 * i] - ax, py = points[2 * i + 1] - ay;
            double along = length > 0 ? Math.Clamp((px * dx + py * dy) / length, 0, 1) : 0;
            double x = px - along * dx, y = py - along * dy;
            if (x * x + y * y is var d && d > farthest) (best, farthest) = (i, d);
        }
        return (best, farthest);
    }
}
