using NativeTrain.Core;
using NativeTrain.Vision.Images;

namespace NativeTrain.Vision.Data;

/// <summary>An image file of a set and the size that its pixels are used at.</summary>
/// <param name="Path">The file.</param>
/// <param name="Height">Rows after resizing.</param>
/// <param name="Width">Columns after resizing.</param>
public sealed record PixelSource(string Path, int Height, int Width)
{
    /// <summary>Bytes of its pixels.</summary>
    public long Bytes => 3L * Height * Width;

    /// <summary>Reads the file: the one way to an image's pixels, whatever keeps them afterwards.</summary>
    /// <exception cref="InputException">The file's pixels are damaged, or the file is no longer there.</exception>
    public RgbImage Decode() => ImageFile.Load(Path).Resize(Height, Width);
}
