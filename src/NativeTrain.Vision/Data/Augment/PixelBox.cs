namespace NativeTrain.Vision.Data;

/// <summary>A labelled object on its way through augmentation: corners in pixels of the present canvas.</summary>
/// <param name="Class">Class index.</param>
/// <param name="X1">Left.</param>
/// <param name="Y1">Top.</param>
/// <param name="X2">Right.</param>
/// <param name="Y2">Bottom.</param>
/// <param name="Polygon">The outline x1 y1 x2 y2 … in the same pixels, or null.</param>
public readonly record struct PixelBox(int Class, float X1, float Y1, float X2, float Y2, float[]? Polygon = null)
{
    public float Width => X2 - X1;
    public float Height => Y2 - Y1;

    /// <summary>A label placed on a canvas: its image has this size and its corner at (x, y).</summary>
    public static PixelBox Place(LabelRow row, int height, int width, float x, float y)
    {
        ArgumentNullException.ThrowIfNull(row);
        float[]? polygon = null;
        if (row.Polygon is { } p)
        {
            polygon = new float[p.Length];
            for (int i = 0; i < p.Length; i += 2)
                (polygon[i], polygon[i + 1]) = (p[i] * width + x, p[i + 1] * height + y);
        }
        return new PixelBox(row.Class,
            (row.X - row.W / 2) * width + x, (row.Y - row.H / 2) * height + y,
            (row.X + row.W / 2) * width + x, (row.Y + row.H / 2) * height + y, polygon);
    }

    /// <summary>The part within a canvas of this size, possibly of no area. The outline is cut along the border, and the box is that around it.</summary>
    public PixelBox ClipOutline(float height, float width)
    {
        if (Polygon is null) return Clip(height, width);
        float[] polygon = Outline.Clip(Polygon, height, width);
        var (x1, y1, x2, y2) = Outline.Bounds(polygon);
        return new PixelBox(Class, x1, y1, x2, y2, polygon);
    }

    /// <summary>Mirrored in a canvas of this size.</summary>
    public PixelBox Flip(float height, float width, bool horizontal, bool vertical)
    {
        var flipped = this;
        if (horizontal) flipped = flipped with { X1 = width - flipped.X2, X2 = width - flipped.X1, Polygon = flipped.Polygon is null ? null : Outline.FlipLr(flipped.Polygon, width) };
        if (vertical) flipped = flipped with { Y1 = height - flipped.Y2, Y2 = height - flipped.Y1, Polygon = flipped.Polygon is null ? null : Outline.FlipUd(flipped.Polygon, height) };
        return flipped;
    }

    /// <summary>
    /// The part within a canvas of this size, possibly of no area; an outline's points are moved to the border. That is
    /// enough where the outline only serves to find a box.
    /// </summary>
    public PixelBox Clip(float height, float width)
    {
        float[]? polygon = null;
        if (Polygon is { } p)
        {
            polygon = new float[p.Length];
            for (int i = 0; i < p.Length; i += 2)
                (polygon[i], polygon[i + 1]) = (Math.Clamp(p[i], 0, width), Math.Clamp(p[i + 1], 0, height));
        }
        return new PixelBox(Class, Math.Clamp(X1, 0, width), Math.Clamp(Y1, 0, height), Math.Clamp(X2, 0, width), Math.Clamp(Y2, 0, height), polygon);
    }
}
