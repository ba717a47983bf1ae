using SkiaSharp;

namespace NativeTrain.Vision.Plots;

/// <summary>
/// A colour for every class, the same in every picture and plot. Hues advance by the golden angle, so that any
/// run of neighbouring classes is spread over the whole circle; three lightnesses in the middle of the scale,
/// taken in turn, keep classes of a similar hue apart and every colour visible on both black and white.
/// </summary>
public static class Palette
{
    private const double GoldenAngle = 137.50776405003785;
    private const double FirstHue = 25;
    private const double MostChroma = 0.2;
    private static readonly double[] Lightness = [0.65, 0.72, 0.58];

    /// <summary>The class's colour as red, green and blue bytes.</summary>
    public static (byte Red, byte Green, byte Blue) Rgb(int cls)
    {
        SKColor colour = Of(cls);
        return (colour.Red, colour.Green, colour.Blue);
    }

    internal static SKColor Of(int cls)
    {
        int index = Math.Max(cls, 0);
        double hue = (FirstHue + index * GoldenAngle) % 360 * Math.PI / 180;
        double lightness = Lightness[index % Lightness.Length];

        // sRGB does not hold every chroma at every hue: take the strongest one that it does hold.
        for (double chroma = MostChroma; ; chroma -= 0.005)
            if (TryOklch(lightness, chroma, hue) is { } colour) return colour;
    }

    /// <summary>Black or white, whichever reads better on a background: the higher WCAG 2 contrast ratio, (L₁ + 0.05) / (L₂ + 0.05).</summary>
    internal static SKColor TextOn(SKColor background)
    {
        double luminance = 0.2126 * ToLinear(background.Red) + 0.7152 * ToLinear(background.Green) + 0.0722 * ToLinear(background.Blue);
        return 1.05 / (luminance + 0.05) >= (luminance + 0.05) / 0.05 ? SKColors.White : SKColors.Black;
    }

    /// <summary>OKLCh to sRGB (B. Ottosson, "A perceptual color space for image processing", 2020); null outside sRGB.</summary>
    private static SKColor? TryOklch(double lightness, double chroma, double hue)
    {
        double a = chroma * Math.Cos(hue), b = chroma * Math.Sin(hue);
        double l = Cube(lightness + 0.3963377774 * a + 0.2158037573 * b);
        double m = Cube(lightness - 0.1055613458 * a - 0.0638541728 * b);
        double s = Cube(lightness - 0.0894841775 * a - 1.2914855480 * b);

        double red = 4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s;
        double green = -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s;
        double blue = -0.0041960863 * l - 0.7034186147 * m + 1.7076147010 * s;

        bool inside = Math.Min(red, Math.Min(green, blue)) >= 0 && Math.Max(red, Math.Max(green, blue)) <= 1;
        return inside ? new SKColor(ToByte(red), ToByte(green), ToByte(blue)) : null;
    }

    private static double Cube(double x) => x * x * x;

    // The transfer function of sRGB (IEC 61966-2-1) and its inverse.
    private static byte ToByte(double linear) =>
        (byte)Math.Round(255 * (linear <= 0.0031308 ? 12.92 * linear : 1.055 * Math.Pow(linear, 1 / 2.4) - 0.055));

    private static double ToLinear(byte value)
    {
        double x = value / 255.0;
        return x <= 0.04045 ? x / 12.92 : Math.Pow((x + 0.055) / 1.055, 2.4);
    }
}
