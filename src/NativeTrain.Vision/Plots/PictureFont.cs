using SkiaSharp;

namespace NativeTrain.Vision.Plots;

/// <summary>
/// The one font of all pictures and plots, DejaVu Sans, carried inside the library: a machine without fonts
/// (a container, a bare server) draws the same pixels as any other.
/// </summary>
internal static class PictureFont
{
    public const string Family = "DejaVu Sans";

    public static SKTypeface Typeface { get; } = Load();

    /// <summary>The font at a size in pixels. The caller disposes it.</summary>
    public static SKFont Create(float size) => new(Typeface, size) { Subpixel = true, Edging = SKFontEdging.Antialias };

    /// <summary>The text itself where it fits in <paramref name="width"/> pixels, else its beginning and an ellipsis.</summary>
    public static string Fit(SKFont font, string text, float width)
    {
        if (font.MeasureText(text) <= width) return text;
        for (int kept = text.Length - 1; kept > 0; kept--)
        {
            if (char.IsHighSurrogate(text[kept - 1])) continue;
            string shortened = string.Concat(text.AsSpan(0, kept).TrimEnd(), "…");
            if (font.MeasureText(shortened) <= width) return shortened;
        }
        return "…";
    }

    private static SKTypeface Load()
    {
        using Stream font = typeof(PictureFont).Assembly.GetManifestResourceStream("DejaVuSans.ttf")!;
        using SKData data = SKData.Create(font);
        return SKTypeface.FromData(data);
    }
}
