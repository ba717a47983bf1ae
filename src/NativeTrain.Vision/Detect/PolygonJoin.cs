namespace NativeTrain.Vision.Detect;

/// <summary>
/// Makes one polygon of an object in pieces and of its holes, as a label line holds only one: each is reached and left over
/// a bridge between the nearest points, which is walked twice and so, by the even-odd rule, encloses nothing.
/// </summary>
public static class PolygonJoin
{
    /// <param name="pieces">Polygons x1 y1 x2 y2 …, at least one.</param>
    public static float[] Join(IReadOnlyList<float[]> pieces)
    {
        ArgumentNullException.ThrowIfNull(pieces);
        var joined = new List<float>(pieces[0]);
        foreach (float[] piece in pieces.Skip(1))
        {
            var (here, there) = Nearest(joined, piece);
            // …, here, [there … round the piece … there, here], …
            joined.InsertRange(here + 2, [.. piece[there..], .. piece[..there], piece[there], piece[there + 1], joined[here], joined[here + 1]]);
        }
        return [.. joined];
    }

    /// <summary>Where, in the arrays of coordinates, the two points nearest to each other begin.</summary>
    private static (int A, int B) Nearest(List<float> a, float[] b)
    {
        (int, int) best = default;
        double nearest = double.PositiveInfinity;
        for (int i = 0; i < a.Count; i += 2)
            for (int j = 0; j < b.Length; j += 2)
            {
                double dx = a[i] - (double)b[j], dy = a[i + 1] - (double)b[j + 1];
                if (dx * dx + dy * dy is var d && d < nearest) (best, nearest) = ((i, j), d);
            }
        return best;
    }
}
