namespace NativeTrain.Vision.Data;

/// <summary>
/// A shape to draw, as a signed distance: negative inside, positive outside, in pixels. A pixel's coverage is then
/// ½ − distance, which draws edges without steps.
/// </summary>
internal abstract class ShapeOutline
{
    public abstract float Distance(float x, float y);

    /// <summary>No part lies further from the centre than this.</summary>
    public required float Radius { get; init; }
    public required float X { get; init; }
    public required float Y { get; init; }

    /// <param name="kind">0 circle, 1 square, 2 triangle, 3 star.</param>
    /// <param name="x">Centre.</param>
    /// <param name="y">Centre.</param>
    /// <param name="radius">Of the circle around the shape, in pixels.</param>
    /// <param name="angle">Radians.</param>
    public static ShapeOutline Create(int kind, float x, float y, float radius, float angle) => kind switch
    {
        0 => new Circle { X = x, Y = y, Radius = radius },
        1 => Polygon.Regular(4, 1, x, y, radius, angle),
        2 => Polygon.Regular(3, 1, x, y, radius, angle),
        3 => Polygon.Regular(10, 0.42f, x, y, radius, angle),
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };

    private sealed class Circle : ShapeOutline
    {
        public override float Distance(float x, float y) => MathF.Sqrt((x - X) * (x - X) + (y - Y) * (y - Y)) - Radius;
    }

    private sealed class Polygon : ShapeOutline
    {
        private (float X, float Y)[] corners = [];

        /// <summary>Corners at equal angles; every second one drawn in to <paramref name="inner"/>·radius (a star).</summary>
        public static Polygon Regular(int count, float inner, float x, float y, float radius, float angle)
        {
            var corners = new (float, float)[count];
            for (int i = 0; i < count; i++)
            {
                float r = i % 2 == 1 ? radius * inner : radius;
                var (sin, cos) = MathF.SinCos(angle + 2 * MathF.PI * i / count);
                corners[i] = (x + r * cos, y + r * sin);
            }
            return new Polygon { X = x, Y = y, Radius = radius, corners = corners };
        }

        /// <summary>Distance to the nearest edge; its sign by how often a ray to the right crosses the outline.</summary>
        public override float Distance(float x, float y)
        {
            float nearest = float.PositiveInfinity;
            bool inside = false;
            var a = corners[^1];
            foreach (var b in corners)
            {
                float ex = b.X - a.X, ey = b.Y - a.Y, px = x - a.X, py = y - a.Y;
                float t = Math.Clamp((px * ex + py * ey) / (ex * ex + ey * ey), 0, 1);
                float dx = px - t * ex, dy = py - t * ey;
                nearest = Math.Min(nearest, dx * dx + dy * dy);
                if (a.Y > y != b.Y > y && x < a.X + (y - a.Y) / ey * ex) inside = !inside;
                a = b;
            }
            return inside ? -MathF.Sqrt(nearest) : MathF.Sqrt(nearest);
        }
    }
}
