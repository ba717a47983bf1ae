namespace NativeTrain.Vision.Detect;

/// <summary>
/// Outlines of a mask: border following along the edges between pixels, so that the pixels whose centres lie inside an
/// outline are just the mask's (without its holes, which an outline cannot tell). Pixels that touch at a corner belong
/// together, as in the border following of Suzuki and Abe (1985).
/// </summary>
public static class MaskOutline
{
    /// <summary>A staircase along a straight edge strays from it by less than this, in pixels.</summary>
    public const float Staircase = 0.75f;

    /// <summary>The mask's largest outline, simplified: what a label line, which holds one polygon, keeps of an object in pieces.</summary>
    /// <returns>x1 y1 x2 y2 … in pixels (0…Width, 0…Height), clockwise; empty of an empty mask.</returns>
    public static float[] Largest(BitMask mask) => All(mask) is [var largest, ..] ? Simplified(largest) : [];

    /// <summary>
    /// An outline with its staircases made straight. Of a small object that would take too much (the tolerance along its
    /// whole border, a part of its area of about tolerance/√area), so the tolerance is at most √area / 32 pixels.
    /// </summary>
    public static float[] Simplified(float[] outline) =>
        PolygonSimplification.Simplify(outline, Math.Min(Staircase, (float)Math.Sqrt(Math.Abs(PolygonArea.Signed(outline))) / 32));

    /// <summary>The outer outlines of all pieces, exact, the largest area first; each x1 y1 x2 y2 … in pixels, clockwise, corners only.</summary>
    public static IReadOnlyList<float[]> All(BitMask mask) =>
    [
        .. Borders(mask).Select(border => (Border: border, Area: PolygonArea.Signed(border)))
            .Where(b => b.Area > 0)
            .OrderByDescending(b => b.Area)
            .Select(b => b.Border),
    ];

    /// <summary>All borders, from the top down: those of pieces run clockwise, those of holes counter-clockwise.</summary>
    public static IEnumerable<float[]> Borders(BitMask mask)
    {
        ArgumentNullException.ThrowIfNull(mask);
        return Follow();

        IEnumerable<float[]> Follow()
        {
            var walked = new BitMask(mask.Height, mask.Width); // pixels along whose left edge a border went
            for (int y = 0; y < mask.Height; y++)
                for (int x = 0; x < mask.Width; x++)
                    if (mask[y, x] && !Inside(mask, y, x - 1) && !walked[y, x])
                        yield return MaskOutline.Follow(mask, y, x, walked);
        }
    }

    // Right, down, left, up: x and y of a step, and from the corner (x, y) of pixels the pixels ahead to the left and right.
    private static readonly (int X, int Y)[] Step = [(1, 0), (0, 1), (-1, 0), (0, -1)];
    private static readonly (int Y, int X)[] AheadLeft = [(-1, 0), (0, 0), (0, -1), (-1, -1)];
    private static readonly (int Y, int X)[] AheadRight = [(0, 0), (0, -1), (-1, -1), (-1, 0)];
    private const int Up = 3;

    /// <summary>Walks round a border with the mask on the right hand, from the left edge of pixel (y, x) upwards until it comes there again.</summary>
    private static float[] Follow(BitMask mask, int startY, int startX, BitMask walked)
    {
        var corners = new List<float>();
        int x = startX, y = startY + 1, direction = Up;
        do
        {
            x += Step[direction].X;
            y += Step[direction].Y;
            if (direction == Up) walked[y, x] = true; // the edge just walked is the left one of pixel (y, x)
            int turn = Ahead(AheadLeft) ? -1 : Ahead(AheadRight) ? 0 : 1;
            if (turn != 0) corners.AddRange([x, y]);
            direction = (direction + turn) & 3;
        }
        while (direction != Up || x != startX || y != startY + 1);
        return [.. corners];

        bool Ahead((int Y, int X)[] side) => Inside(mask, y + side[direction].Y, x + side[direction].X);
    }

    private static bool Inside(BitMask mask, int y, int x) => x >= 0 && y >= 0 && x < mask.Width && y < mask.Height && mask[y, x];
}
