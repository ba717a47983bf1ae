using System.Globalization;
using NativeTrain.Vision.Images;
using SkiaSharp;

namespace NativeTrain.Vision.Plots;

/// <summary>Writes the most probable classes of a whole picture on a plate in its corner, a line and a bar each.</summary>
public static class ScorePlate
{
    private const int SmallestSide = 320; // a thumbnail is enlarged until it holds the letters

    /// <summary>A copy of the picture, enlarged where it is small, with the plate on it.</summary>
    /// <param name="image">The picture; left as it is.</param>
    /// <param name="probabilities">[classes], 0…1.</param>
    /// <param name="names">Class names; a class beyond them is shown by its number.</param>
    /// <param name="top">Most lines.</param>
    public static RgbImage Draw(RgbImage image, IReadOnlyList<float> probabilities, IReadOnlyList<string> names, int top = 5)
    {
        ArgumentNullException.ThrowIfNull(image);
        ArgumentNullException.ThrowIfNull(probabilities);
        ArgumentNullException.ThrowIfNull(names);
        image = Enlarged(image);
        int[] best = [.. Enumerable.Range(0, probabilities.Count).Where(c => float.IsFinite(probabilities[c])).OrderByDescending(c => probabilities[c]).Take(top)];
        if (best.Length == 0) return image;

        using SKFont font = PictureFont.Create(Math.Min(Math.Max((image.Height + image.Width) / 2f * 0.03f, 13), image.Height / 3f));
        float padding = font.Size * 0.5f, step = font.Spacing + font.Size * 0.2f;
        string[] texts = [.. best.Select(c => PictureFont.Fit(font, string.Create(CultureInfo.InvariantCulture, $"{probabilities[c]:0.00} {ClassNames.Of(names, c)}"), image.Width - 4 * padding))];
        var plate = SKRect.Create(padding, padding, texts.Max(t => font.MeasureText(t)) + 2 * padding, best.Length * step + padding);

        using SKBitmap bitmap = SkiaPicture.ToBitmap(image);
        using (var canvas = new SKCanvas(bitmap))
        using (var paint = new SKPaint { IsAntialias = true, Color = SKColors.Black.WithAlpha(170) })
        {
            canvas.DrawRect(plate, paint);
            for (int i = 0; i < best.Length; i++)
            {
                float y = plate.Top + padding / 2 + i * step;
                paint.Color = Palette.Of(best[i]).WithAlpha(150);
                canvas.DrawRect(SKRect.Create(plate.Left, y, plate.Width * Math.Clamp(probabilities[best[i]], 0, 1), step - 2), paint);
                paint.Color = SKColors.White;
                canvas.DrawText(texts[i], plate.Left + padding, y + (step - 2 - font.Metrics.Ascent - font.Metrics.Descent) / 2, font, paint);
            }
        }
        return SkiaPicture.ToImage(bitmap);
    }

    private static RgbImage Enlarged(RgbImage image)
    {
        int longSide = Math.Max(image.Height, image.Width);
        int factor = (SmallestSide + longSide - 1) / longSide;
        return factor <= 1 ? image : image.Resize(image.Height * factor, image.Width * factor);
    }
}
