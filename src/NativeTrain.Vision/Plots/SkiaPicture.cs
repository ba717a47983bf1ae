using NativeTrain.Vision.Images;
using SkiaSharp;

namespace NativeTrain.Vision.Plots;

/// <summary>The way between our RGB pixels and Skia's 32-bit RGBA bitmaps. The caller disposes the bitmaps.</summary>
internal static class SkiaPicture
{
    public static SKBitmap NewBitmap(int width, int height, SKColor background)
    {
        var bitmap = new SKBitmap(new SKImageInfo(width, height, SKColorType.Rgba8888, SKAlphaType.Opaque));
        bitmap.Erase(background);
        return bitmap;
    }

    public static SKBitmap ToBitmap(RgbImage image)
    {
        SKBitmap bitmap = NewBitmap(image.Width, image.Height, SKColors.Black);
        Span<byte> rgba = bitmap.GetPixelSpan();
        ReadOnlySpan<byte> rgb = image.Pixels;
        for (int from = 0, to = 0; from < rgb.Length; from += 3, to += 4)
        {
            rgba[to] = rgb[from];
            rgba[to + 1] = rgb[from + 1];
            rgba[to + 2] = rgb[from + 2];
            rgba[to + 3] = 255;
        }
        return bitmap;
    }

    public static RgbImage ToImage(SKBitmap bitmap)
    {
        var rgb = new byte[bitmap.Width * bitmap.Height * 3];
        ReadOnlySpan<byte> rgba = bitmap.GetPixelSpan();
        for (int from = 0, to = 0; to < rgb.Length; from += 4, to += 3)
        {
            rgb[to] = rgba[from];
            rgb[to + 1] = rgba[from + 1];
            rgb[to + 2] = rgba[from + 2];
        }
        return new RgbImage(bitmap.Height, bitmap.Width, rgb);
    }
}
