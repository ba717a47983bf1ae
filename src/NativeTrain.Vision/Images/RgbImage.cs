namespace NativeTrain.Vision.Images;

/// <summary>A picture in memory: [Height, Width, 3] RGB bytes, rows dense, top row first.</summary>
public sealed class RgbImage
{
    public RgbImage(int height, int width) : this(height, width, new byte[checked(height * width * 3)]) { }

    /// <param name="height">Rows.</param>
    /// <param name="width">Pixels a row.</param>
    /// <param name="pixels">Height·Width·3 bytes; kept, not copied.</param>
    public RgbImage(int height, int width, byte[] pixels)
    {
        ArgumentNullException.ThrowIfNull(pixels);
        if (height < 1 || width < 1 || pixels.Length != (long)height * width * 3)
            throw new ArgumentException($"{pixels.Length} bytes are not {height}×{width} RGB pixels");
        Pixels = pixels;
        Height = height;
        Width = width;
    }

    public byte[] Pixels { get; }
    public int Height { get; }
    public int Width { get; }

    /// <summary>Bilinear, without antialiasing (see <see cref="NativeImage.Resize"/>); this image itself where the size is the same.</summary>
    public RgbImage Resize(int height, int width)
    {
        if (height == Height && width == Width) return this;
        var resized = new RgbImage(height, width);
        NativeImage.Resize(Pixels, Height, Width, resized.Pixels, height, width);
        return resized;
    }

    /// <summary>An image of one colour.</summary>
    public static RgbImage Filled(int height, int width, byte value)
    {
        var image = new RgbImage(height, width);
        image.Pixels.AsSpan().Fill(value);
        return image;
    }
}
