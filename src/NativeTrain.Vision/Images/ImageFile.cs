using NativeTrain.Core;
using StbImageSharp;

namespace NativeTrain.Vision.Images;

/// <summary>Reads JPEG, PNG and BMP files as upright RGB pictures.</summary>
public static class ImageFile
{
    /// <summary>File name endings that count as images, lower case.</summary>
    public static IReadOnlyList<string> Extensions { get; } = [".jpg", ".jpeg", ".png", ".bmp"];

    /// <summary>Endings of pictures that are not read; files of other kinds (notes, labels) may lie beside the images.</summary>
    private static readonly string[] OtherPictures =
        [".webp", ".tif", ".tiff", ".gif", ".heic", ".heif", ".avif", ".jfif", ".jp2", ".jxl", ".dng", ".mpo", ".pgm", ".ppm", ".pnm"];

    public static bool HasImageExtension(string path) =>
        Extensions.Contains(Path.GetExtension(path), StringComparer.OrdinalIgnoreCase);

    /// <summary>Whether it is a picture by its ending, of a kind that is read or of another.</summary>
    public static bool IsPicture(string path) =>
        HasImageExtension(path) || OtherPictures.Contains(Path.GetExtension(path), StringComparer.OrdinalIgnoreCase);

    /// <summary>What is said of pictures that were left out for their kind: "photos: 2 files ignored: not …".</summary>
    /// <param name="place">Where they are.</param>
    /// <param name="count">How many.</param>
    /// <param name="thing">What was counted: "file", "line".</param>
    public static string Ignored(string place, int count, string thing = "file") =>
        $"{place}: {Counted.Of(count, thing)} ignored: not .jpg, .jpeg, .png or .bmp";

    /// <summary>Decodes a file: alpha dropped, grey spread to RGB, EXIF orientation applied.</summary>
    /// <exception cref="InputException">The file is missing, unreadable, cut short or no image.</exception>
    public static RgbImage Load(string path)
    {
        byte[] file = ReadAll(path);
        var header = Header(path, file);
        try
        {
            var decoded = ImageResult.FromMemory(file, ColorComponents.RedGreenBlue);
            if (decoded.Height != header.Height || decoded.Width != header.Width) throw new InvalidDataException("two sizes in one file");
            return Exif.Upright(new RgbImage(decoded.Height, decoded.Width, decoded.Data), header.Orientation);
        }
        catch (Exception e) when (e is not (OutOfMemoryException or InputException))
        {
            throw new InputException($"{path}: cannot decode the image ({e.Message}); replace or remove the file", e);
        }
    }

    /// <summary>The upright picture's size, from the header; also checks that the file goes on to its end.</summary>
    /// <exception cref="InputException">As for <see cref="Load"/>, short of damage inside the pixel data.</exception>
    public static (int Height, int Width) ReadSize(string path)
    {
        var header = Header(path, ReadAll(path));
        return header.Transposed ? (header.Width, header.Height) : (header.Height, header.Width);
    }

    private static ImageHeader Header(string path, byte[] file)
    {
        try
        {
            return ImageHeader.Parse(file);
        }
        catch (InvalidDataException e)
        {
            throw new InputException($"{path}: unreadable image: {e.Message}; replace or remove the file", e);
        }
    }

    private static byte[] ReadAll(string path)
    {
        try
        {
            return File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"{path}: cannot read the image: {e.Message}", e);
        }
    }
}
