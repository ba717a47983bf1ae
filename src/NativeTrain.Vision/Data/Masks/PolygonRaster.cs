namespace NativeTrain.Vision.Data;

/// <summary>Cells <see cref="Start"/> … <see cref="End"/>−1 of a mask's row.</summary>
/// <param name="Row">Row of cells.</param>
/// <param name="Start">First column.</param>
/// <param name="End">Column after the last.</param>
public readonly record struct MaskRun(int Row, int Start, int End);

/// <summary>
/// Turns polygons into masks of square cells. A cell belongs to the mask if half of it or more lies inside, by the
/// even-odd rule; what lies inside is measured exactly along four lines through the cell, at ⅛, ⅜, ⅝ and ⅞ of its
/// height. So a mask's area is that of the polygon, and shapes that touch do not overlap. Holds scratch memory: one a thread.
/// </summary>
public sealed class PolygonRaster
{
    private const int Lines = 4;                       // a row of cells
    private const float Half = Lines / 2f;

    private int[] ends = [];                           // per line, the end of its crossings
    private float[] crossings = [];
    private float[] inside = [];                       // per cell of a row, the sum over its lines of the part inside

    /// <summary>Finds the cells of a polygon.</summary>
    /// <param name="polygon">x1 y1 x2 y2 … in pixel-edge coordinates; closed by itself; may reach beyond the mask.</param>
    /// <param name="height">Rows of the mask, in cells.</param>
    /// <param name="width">Columns of the mask, in cells.</param>
    /// <param name="cell">Side of a cell in pixels (1: a mask at full size).</param>
    /// <param name="runs">Receives the mask, from the top down and from left to right, after what it holds.</param>
    /// <returns>The mask's area in cells.</returns>
    public int Fill(ReadOnlySpan<float> polygon, int height, int width, int cell, List<MaskRun> runs)
    {
        ArgumentNullException.ThrowIfNull(runs);
        ArgumentOutOfRangeException.ThrowIfLessThan(cell, 1);
        if (polygon.Length % 2 != 0) throw new ArgumentException("a polygon has x and y for each point", nameof(polygon));
        if (polygon.Length < 6) return 0;
        var (_, y1, _, y2) = Outline.Bounds(polygon);
        int top = Math.Clamp((int)MathF.Floor(y1 / cell), 0, height), bottom = Math.Clamp((int)MathF.Ceiling(y2 / cell), top, height);
        if (inside.Length < width) inside = new float[width];
        FindCrossings(polygon, top * Lines, bottom * Lines, (double)cell);

        int area = 0, start = 0;
        for (int row = top; row < bottom; row++)
        {
            int first = width, last = -1;
            for (int line = (row - top) * Lines; line < (row - top + 1) * Lines; line++)
            {
                var xs = crossings.AsSpan(start..ends[line]);
                start = ends[line];
                xs.Sort();
                for (int i = 0; i + 1 < xs.Length; i += 2) Add(Math.Clamp(xs[i], 0, width), Math.Clamp(xs[i + 1], 0, width), ref first, ref last);
            }
            area += TakeRow(row, first, last, runs);
        }
        return area;
    }

    /// <summary>
    /// Where the edges cross the lines from…to−1, line k at height (k + ½)·cell/4, in cells; the crossings of one line
    /// lie together. An edge has its upper end and not its lower, so a corner on a line counts once.
    /// </summary>
    private void FindCrossings(ReadOnlySpan<float> polygon, int from, int to, double cell)
    {
        int lines = to - from;
        if (ends.Length < lines + 1) ends = new int[lines + 1];
        Array.Clear(ends, 0, lines + 1);
        for (int pass = 0; pass < 2; pass++)                                   // first count, then write
        {
            int a = polygon.Length - 2;
            for (int b = 0; b < polygon.Length; a = b, b += 2)
            {
                int ka = Line(polygon[a + 1]), kb = Line(polygon[b + 1]);
                if (ka == kb) continue;
                double slope = (polygon[b] - (double)polygon[a]) / (polygon[b + 1] - (double)polygon[a + 1]);
                for (int k = Math.Min(ka, kb); k < Math.Max(ka, kb); k++)
                    if (pass == 0) ends[k + 1]++;
                    else crossings[ends[k]++] = (float)((polygon[a] + ((k + from + 0.5) * cell / Lines - polygon[a + 1]) * slope) / cell);
            }
            if (pass == 1) return;
            for (int k = 0; k < lines; k++) ends[k + 1] += ends[k];            // now ends[k] is where line k starts
            if (crossings.Length < ends[lines]) crossings = new float[Math.Max(ends[lines], 2 * crossings.Length)];
        }

        // The first of the lines that is not above y.
        int Line(double y) => (int)Math.Clamp(Math.Ceiling(y * Lines / cell - 0.5) - from, 0, lines);
    }

    private void Add(float x1, float x2, ref int first, ref int last)
    {
        if (x2 <= x1) return;
        int a = (int)x1, b = (int)x2;
        (first, last) = (Math.Min(first, a), Math.Max(last, b == x2 ? b - 1 : b));
        if (a == b)
        {
            inside[a] += x2 - x1;
            return;
        }
        inside[a] += a + 1 - x1;
        for (int x = a + 1; x < b; x++) inside[x] += 1;
        if (b < x2) inside[b] += x2 - b;
    }

    private int TakeRow(int row, int first, int last, List<MaskRun> runs)
    {
        int area = 0;
        for (int x = first; x <= last; x++)
        {
            int start = x;
            while (x <= last && inside[x] >= Half) x++;
            if (x == start) continue;
            runs.Add(new MaskRun(row, start, x));
            area += x - start;
        }
        if (last >= first) Array.Clear(inside, first, last - first + 1);
        return area;
    }
}
