using SkiaSharp;

namespace NativeTrain.Vision.Plots;

/// <summary>Finds the place of a box's label tag: by the box, wholly inside the picture, free of other tags where it can be.</summary>
internal static class LabelTag
{
    /// <param name="box">The box, inside the picture.</param>
    /// <param name="size">The tag's size, at most the picture's.</param>
    /// <param name="picture">The picture's area.</param>
    /// <param name="line">The box's line width: a tag stands flush with the line's outer edge.</param>
    /// <param name="taken">Tags that are already placed.</param>
    public static SKRect Place(SKRect box, SKSize size, SKRect picture, float line, IReadOnlyList<SKRect> taken)
    {
        float left = box.Left - line / 2, right = box.Right + line / 2 - size.Width;
        float above = box.Top - line / 2 - size.Height, below = box.Bottom + line / 2;
        float insideTop = box.Top - line / 2, insideBottom = box.Bottom + line / 2 - size.Height;

        // In the order a reader looks for them: over the top left corner first.
        ReadOnlySpan<SKPoint> places =
        [
            new(left, above), new(left, insideTop), new(right, above), new(left, below),
            new(right, insideTop), new(left, insideBottom), new(right, below), new(right, insideBottom),
        ];

        SKRect best = default;
        float leastHidden = float.PositiveInfinity;
        foreach (SKPoint place in places)
        {
            SKRect tag = Inside(SKRect.Create(place, size), picture);
            // A tag that had to be pushed back from an edge would hide the box's own line; prefer one that fits as it is.
            float pushed = Math.Abs(tag.Top - place.Y) * size.Width;
            float hidden = pushed + taken.Sum(other => Overlap(tag, other));
            if (hidden >= leastHidden) continue;
            (best, leastHidden) = (tag, hidden);
            if (hidden == 0) break;
        }
        return best;
    }

    private static SKRect Inside(SKRect tag, SKRect picture)
    {
        float x = Math.Max(Math.Min(tag.Left, picture.Right - tag.Width), picture.Left);
        float y = Math.Max(Math.Min(tag.Top, picture.Bottom - tag.Height), picture.Top);
        return SKRect.Create(x, y, tag.Width, tag.Height);
    }

    private static float Overlap(SKRect a, SKRect b)
    {
        float width = Math.Min(a.Right, b.Right) - Math.Max(a.Left, b.Left);
        float height = Math.Min(a.Bottom, b.Bottom) - Math.Max(a.Top, b.Top);
        return width > 0 && height > 0 ? width * height : 0;
    }
}
