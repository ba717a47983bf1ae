using NativeTrain.Vision.Images;
using StbImageSharp;

namespace NativeTrain.Vision.Tests.Plots;

/// <summary>Looks at pictures: decodes files with a library other than the one that wrote them, and finds colours.</summary>
internal static class Picture
{
    public static RgbImage Decode(string path)
    {
        ImageResult decoded = ImageResult.FromMemory(File.ReadAllBytes(path), ColorComponents.RedGreenBlue);
        return new RgbImage(decoded.Height, decoded.Width, decoded.Data);
    }

    public static RgbImage Filled(int height, int width, byte red, byte green, byte blue)
    {
        var pixels = new byte[height * width * 3];
        for (int i = 0; i < pixels.Length; i += 3)
            (pixels[i], pixels[i + 1], pixels[i + 2]) = (red, green, blue);
        return new RgbImage(height, width, pixels);
    }

    public static (byte Red, byte Green, byte Blue) At(this RgbImage image, int x, int y)
    {
        int at = (y * image.Width + x) * 3;
        return (image.Pixels[at], image.Pixels[at + 1], image.Pixels[at + 2]);
    }

    /// <summary>How many pixels of a rectangle have a colour, give or take <paramref name="tolerance"/> in each channel.</summary>
    public static int Count(
        this RgbImage image, (byte Red, byte Green, byte Blue) colour, int tolerance = 0, int left = 0, int top = 0, int? right = null, int? bottom = null)
    {
        int count = 0;
        for (int y = top; y < (bottom ?? image.Height); y++)
            for (int x = left; x < (right ?? image.Width); x++)
                if (IsNear(image.At(x, y), colour, tolerance)) count++;
        return count;
    }

    public static bool IsNear((byte Red, byte Green, byte Blue) a, (byte Red, byte Green, byte Blue) b, int tolerance) =>
        Math.Abs(a.Red - b.Red) <= tolerance && Math.Abs(a.Green - b.Green) <= tolerance && Math.Abs(a.Blue - b.Blue) <= tolerance;

    /// <summary>80 names, every seventh of them too long for any plot.</summary>
    public static string[] ManyNames { get; } =
        [.. Enumerable.Range(0, 80).Select(i => i % 7 == 0 ? $"class {i} with a name that goes on {new string('x', 200)}" : $"class {i}")];
}
