using NativeTrain.Core;
using NativeTrain.Vision.Images;
using SkiaSharp;

namespace NativeTrain.Vision.Plots;

/// <summary>Writes a picture as PNG or JPEG, chosen by the file's extension.</summary>
public static class PictureFile
{
    private const int JpegQuality = 95;

    /// <param name="path">Ends in .png, .jpg or .jpeg; the folder is made where it is missing.</param>
    /// <param name="image">The picture.</param>
    /// <exception cref="InputException">Another extension, or the file cannot be written.</exception>
    public static void Write(string path, RgbImage image)
    {
        ArgumentNullException.ThrowIfNull(image);
        using SKBitmap bitmap = SkiaPicture.ToBitmap(image);
        Write(path, bitmap);
    }

    internal static void Write(string path, SKBitmap bitmap)
    {
        SKEncodedImageFormat format = Path.GetExtension(path).ToLowerInvariant() switch
        {
            ".png" => SKEncodedImageFormat.Png,
            ".jpg" or ".jpeg" => SKEncodedImageFormat.Jpeg,
            string other => throw new InputException($"{path}: pictures are written as .png, .jpg or .jpeg, not '{other}'."),
        };
        using SKData encoded = bitmap.Encode(format, JpegQuality)
            ?? throw new InputException($"{path}: a picture of {bitmap.Width}×{bitmap.Height} pixels is too large for {format}; use a smaller one.");
        AtomicFile.Write(path, stream => encoded.SaveTo(stream));
    }
}
