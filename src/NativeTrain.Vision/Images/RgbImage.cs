namespace NativeTrain.Vision.Images;

/// <summary>A decoded picture: 8-bit RGB, rows from the top, no padding between rows.</summary>
public sealed class RgbImage
{
    /// <param name="height">Rows.</param>
    /// <param name="width">Columns.</param>
    /// <param name="pixels">[height, width, 3] bytes, kept, not copied.</param>
    /// <exception cref="ArgumentException">The buffer's length is not height × width × 3.</exception>
    public RgbImage(int height, int width, byte[] pixels)
    {
        ArgumentNullException.ThrowIfNull(pixels);
        if (height < 1 || width < 1 || pixels.LongLength != 3L * height * width)
            throw new ArgumentException($"A {width}×{height} RGB picture takes {3L * height * width} bytes, not {pixels.LongLength}.", nameof(pixels));
        Height = height;
        Width = width;
        Pixels = pixels;
    }

    public int Height { get; }
    public int Width { get; }

    /// <summary>[Height, Width, 3] bytes: red, green, blue.</summary>
    public byte[] Pixels { get; }
}
