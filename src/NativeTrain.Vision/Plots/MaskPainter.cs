using NativeTrain.Vision.Detect;
using NativeTrain.Vision.Images;
using SkiaSharp;

namespace NativeTrain.Vision.Plots;

/// <summary>Draws masks as translucent areas with a contour, under whatever boxes are drawn afterwards.</summary>
public static class MaskPainter
{
    private const byte Opacity = 100; // of 255

    /// <summary>A copy of the picture with the masks on it.</summary>
    /// <param name="image">The picture; left as it is.</param>
    /// <param name="masks">Each covers the whole picture, at any size of its own; the first is drawn first.</param>
    public static RgbImage Draw(RgbImage image, IEnumerable<DrawnMask> masks)
    {
        ArgumentNullException.ThrowIfNull(image);
        float line = Math.Max(MathF.Round((image.Height + image.Width) / 2f * 0.0025f), 1.5f);
        using SKBitmap bitmap = SkiaPicture.ToBitmap(image);
        using (var canvas = new SKCanvas(bitmap))
            Draw(canvas, new SKSize(image.Width, image.Height), masks, line);
        return SkiaPicture.ToImage(bitmap);
    }

    /// <summary>Draws in the rectangle from (0, 0) to <paramref name="size"/>, clipping to it.</summary>
    internal static void Draw(SKCanvas canvas, SKSize size, IEnumerable<DrawnMask> masks, float line)
    {
        ArgumentNullException.ThrowIfNull(masks);
        canvas.Save();
        canvas.ClipRect(SKRect.Create(size));
        using var paint = new SKPaint { IsAntialias = true, StrokeJoin = SKStrokeJoin.Round };
        foreach (var (mask, cls) in masks)
        {
            using SKPath path = Outlines(mask, size);
            paint.Color = Palette.Of(cls).WithAlpha(Opacity);
            paint.Style = SKPaintStyle.Fill;
            canvas.DrawPath(path, paint);
            paint.Color = Palette.Of(cls);
            paint.Style = SKPaintStyle.Stroke;
            paint.StrokeWidth = line;
            canvas.DrawPath(path, paint);
        }
        canvas.Restore();
    }

    /// <summary>All borders of the mask, holes too: filled by the even-odd rule they are the mask.</summary>
    private static SKPath Outlines(BitMask mask, SKSize size)
    {
        float x = size.Width / mask.Width, y = size.Height / mask.Height;
        var path = new SKPath { FillType = SKPathFillType.EvenOdd };
        foreach (float[] outline in MaskOutline.Borders(mask))
        {
            float[] smooth = PolygonSimplification.Simplify(outline, MaskOutline.Staircase);
            path.AddPoly([.. Enumerable.Range(0, smooth.Length / 2).Select(i => new SKPoint(smooth[2 * i] * x, smooth[2 * i + 1] * y))]);
        }
        return path;
    }
}
