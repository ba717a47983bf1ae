namespace NativeTrain.Vision.Images;

/// <summary>
/// A picture to read, wherever its pixels lie: in an <see cref="RgbImage"/>, in memory outside the collector's heap, in a
/// mapped file. [Height, Width, 3] RGB bytes, rows dense. Valid as long as what it looks at.
/// </summary>
public readonly ref struct RgbView
{
    /// <param name="pixels">Height·Width·3 bytes.</param>
    /// <param name="height">Rows.</param>
    /// <param name="width">Pixels a row.</param>
    public RgbView(ReadOnlySpan<byte> pixels, int height, int width)
    {
        if (height < 1 || width < 1 || pixels.Length != (long)height * width * 3)
            throw new ArgumentException($"{pixels.Length} bytes are not {height}×{width} RGB pixels");
        Pixels = pixels;
        Height = height;
        Width = width;
    }

    public ReadOnlySpan<byte> Pixels { get; }
    public int Height { get; }
    public int Width { get; }

    public static implicit operator RgbView(RgbImage image)
    {
        ArgumentNullException.ThrowIfNull(image);
        return new RgbView(image.Pixels, image.Height, image.Width);
    }

    /// <summary>Bilinear, without antialiasing (see <see cref="NativeImage.Resize"/>); this view itself where the size is the same.</summary>
    public RgbView Resize(int height, int width)
    {
        if (height == Height && width == Width) return this;
        var resized = new RgbImage(height, width);
        NativeImage.Resize(Pixels, Height, Width, resized.Pixels, height, width);
        return resized;
    }
}
