using NativeTrain.Core;
using NativeTrain.Vision.Images;
using SkiaSharp;

namespace NativeTrain.Vision.Plots;

/// <summary>A picture of a run as part of a page: a data URI, of a bounded size.</summary>
public static class EmbeddedPicture
{
    /// <summary>Files up to so many bytes are taken as they are.</summary>
    private const int SmallEnough = 160_000;

    /// <summary>Larger ones are scaled down to so many pixels a side, and become JPEGs.</summary>
    private const int LongestSide = 1400;
    private const int JpegQuality = 80;

    /// <summary>The picture as "data:image/…;base64,…" with its size in pixels.</summary>
    /// <exception cref="InputException">The file is no picture.</exception>
    public static (string Uri, int Width, int Height) Read(string path)
    {
        byte[] file = File.ReadAllBytes(path);
        using var picture = SKBitmap.Decode(file) ?? throw new InputException($"{path}: not a picture; remove the file");
        if (file.Length <= SmallEnough)
            return (Uri(Path.GetExtension(path).Equals(".png", StringComparison.OrdinalIgnoreCase) ? "png" : "jpeg", file), picture.Width, picture.Height);
        double scale = Math.Min(1, (double)LongestSide / Math.Max(picture.Width, picture.Height));
        int width = Math.Max(1, (int)(picture.Width * scale)), height = Math.Max(1, (int)(picture.Height * scale));
        using var small = picture.Resize(new SKSizeI(width, height), new SKSamplingOptions(SKFilterMode.Linear, SKMipmapMode.Linear));
        using var encoded = small.Encode(SKEncodedImageFormat.Jpeg, JpegQuality);
        return (Uri("jpeg", encoded.ToArray()), width, height);
    }

    /// <summary>A picture in memory as a data URI of a JPEG.</summary>
    public static string Of(RgbImage image)
    {
        ArgumentNullException.ThrowIfNull(image);
        using var bitmap = SkiaPicture.ToBitmap(image);
        using var encoded = bitmap.Encode(SKEncodedImageFormat.Jpeg, JpegQuality);
        return Uri("jpeg", encoded.ToArray());
    }

    private static string Uri(string type, byte[] bytes) => $"data:image/{type};base64,{Convert.ToBase64String(bytes)}";
}
