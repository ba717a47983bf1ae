using System.Globalization;
using NativeTrain.Vision.Images;
using SkiaSharp;

namespace NativeTrain.Vision.Plots;

/// <summary>Draws boxes with their class names and confidences on a picture.</summary>
public static class BoxPainter
{
    /// <summary>A copy of the picture with the boxes on it; lines and letters grow with the picture.</summary>
    /// <param name="image">The picture; left as it is.</param>
    /// <param name="boxes">Corners in its pixels. Parts outside the picture are cut off; boxes with non-finite corners are left out.</param>
    /// <param name="names">Class names; a class beyond them is shown by its number.</param>
    public static RgbImage Draw(RgbImage image, IEnumerable<DrawnBox> boxes, IReadOnlyList<string> names)
    {
        ArgumentNullException.ThrowIfNull(image);
        float side = (image.Height + image.Width) / 2f;
        float line = Math.Max(MathF.Round(side * 0.0035f), 2);
        float letters = Math.Min(Math.Max(side * 0.026f, 12), image.Height / 3f);

        using SKBitmap bitmap = SkiaPicture.ToBitmap(image);
        using (var canvas = new SKCanvas(bitmap))
            Draw(canvas, new SKSize(image.Width, image.Height), boxes, names, line, letters);
        return SkiaPicture.ToImage(bitmap);
    }

    /// <summary>Draws in the rectangle from (0, 0) to <paramref name="size"/>, clipping to it.</summary>
    internal static void Draw(SKCanvas canvas, SKSize size, IEnumerable<DrawnBox> boxes, IReadOnlyList<string> names, float line, float letters)
    {
        ArgumentNullException.ThrowIfNull(boxes);
        ArgumentNullException.ThrowIfNull(names);
        SKRect picture = SKRect.Create(size);
        canvas.Save();
        canvas.ClipRect(picture);

        // The surest prediction comes last, on top; truth, which has no confidence, keeps its order.
        var drawn = boxes.Where(box => box.IsDrawable)
            .OrderBy(box => box.Confidence ?? 1)
            .Select(box => (Box: box, Outline: Outline(box, picture, line)))
            .Where(item => item.Outline.Width > 0 && item.Outline.Height > 0)
            .ToList();
        foreach (var (box, outline) in drawn) DrawOutline(canvas, outline, Palette.Of(box.Class), line);

        // Tags lie above every line; the surest prediction chooses its place first.
        using SKFont font = PictureFont.Create(letters);
        var taken = new List<SKRect>();
        foreach (var (box, outline) in Enumerable.Reverse(drawn))
            taken.Add(DrawTag(canvas, picture, outline, Text(box, names), Palette.Of(box.Class), font, line, taken));

        canvas.Restore();
    }

    /// <summary>
    /// The middle of the box's line: on the pixel grid, so that the line is sharp, and moved in by half its
    /// width where it would lie across the picture's edge. Empty for a box outside the picture.
    /// </summary>
    private static SKRect Outline(DrawnBox box, SKRect picture, float line)
    {
        if (box.X1 >= picture.Right || box.Y1 >= picture.Bottom || box.X2 <= 0 || box.Y2 <= 0) return SKRect.Empty;
        float inset = line / 2, onGrid = inset - MathF.Floor(inset);
        var (left, right) = Span(box.X1, box.X2, picture.Right);
        var (top, bottom) = Span(box.Y1, box.Y2, picture.Bottom);
        return new SKRect(left, top, right, bottom);

        (float From, float To) Span(float from, float to, float end)
        {
            float first = Math.Max(MathF.Round(from) + onGrid, inset), last = Math.Min(MathF.Round(to) - onGrid, end - inset);
            first = Math.Max(Math.Min(first, end - inset - 1), 0);
            return (first, Math.Max(last, first + 1)); // a box thinner than its line is still seen
        }
    }

    private static void DrawOutline(SKCanvas canvas, SKRect outline, SKColor colour, float line)
    {
        // A faint dark edge keeps the line visible on a background of its own colour.
        using var paint = new SKPaint { IsAntialias = true, Style = SKPaintStyle.Stroke, StrokeJoin = SKStrokeJoin.Round };
        paint.StrokeWidth = line + 1.5f;
        paint.Color = SKColors.Black.WithAlpha(70);
        canvas.DrawRect(outline, paint);
        paint.StrokeWidth = line;
        paint.Color = colour;
        canvas.DrawRect(outline, paint);
    }

    private static SKRect DrawTag(
        SKCanvas canvas, SKRect picture, SKRect outline, string text, SKColor colour, SKFont font, float line, IReadOnlyList<SKRect> taken)
    {
        float padding = font.Size * 0.25f;
        SKFontMetrics metrics = font.Metrics;
        text = PictureFont.Fit(font, text, picture.Width - 2 * padding);
        var size = new SKSize(
            Math.Min(MathF.Ceiling(font.MeasureText(text) + 2 * padding), picture.Width),
            Math.Min(MathF.Ceiling(metrics.Descent - metrics.Ascent), picture.Height));
        SKRect tag = LabelTag.Place(outline, size, picture, line, taken);

        using var paint = new SKPaint { IsAntialias = true, Color = colour };
        canvas.DrawRect(tag, paint);
        paint.Color = Palette.TextOn(colour);
        canvas.DrawText(text, tag.Left + padding, tag.Top - metrics.Ascent, font, paint);
        return tag;
    }

    private static string Text(DrawnBox box, IReadOnlyList<string> names)
    {
        string name = ClassNames.Of(names, box.Class);
        return box.Confidence is { } confidence
            ? string.Create(CultureInfo.InvariantCulture, $"{name} {confidence:0.00}")
            : name;
    }
}
