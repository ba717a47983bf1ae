using NativeTrain.Vision.Data;

namespace NativeTrain.Vision.Images;

/// <summary>
/// Fits a picture into the network's input without distortion: scaled, centred, the rest filled with grey 114.
/// </summary>
public static class Letterbox
{
    /// <summary>The grey of everything that is not picture.</summary>
    public const byte Fill = 114;

    /// <summary>
    /// For prediction: the long side scaled (up or down) to <paramref name="imgsz"/>. With <paramref name="auto"/> the
    /// short side is padded only to the next multiple of <paramref name="stride"/>, else to the square.
    /// </summary>
    public static (RgbImage Image, SampleInfo Info) Fit(RgbImage image, int imgsz, string path = "", bool auto = true, int stride = 32)
    {
        ArgumentNullException.ThrowIfNull(image);
        var (h, w) = ScaledSize(image.Height, image.Width, imgsz, imgsz, upscale: true);
        int height = auto ? RoundUp(h, stride) : imgsz;
        int width = auto ? RoundUp(w, stride) : imgsz;
        var canvas = new RgbImage(height, width);
        var info = Place(image.Resize(h, w), canvas.Pixels, height, width, path, image.Height, image.Width);
        return (canvas, info);
    }

    /// <summary>The size that fits into height×width with the picture's own proportions.</summary>
    public static (int Height, int Width) ScaledSize(int h, int w, int height, int width, bool upscale)
    {
        double r = Math.Min((double)height / h, (double)width / w);
        if (!upscale) r = Math.Min(r, 1);
        return (Math.Max(1, (int)Math.Round(h * r)), Math.Max(1, (int)Math.Round(w * r)));
    }

    /// <summary>
    /// Centres <paramref name="scaled"/> on a canvas [height, width, 3]; where the margin is odd, the smaller half is
    /// above and left.
    /// </summary>
    /// <param name="scaled">The picture at network scale; not larger than the canvas.</param>
    /// <param name="canvas">Overwritten.</param>
    /// <param name="height">Canvas rows.</param>
    /// <param name="width">Canvas columns.</param>
    /// <param name="path">For the returned <see cref="SampleInfo"/>.</param>
    /// <param name="originalHeight">Rows of the picture in its file.</param>
    /// <param name="originalWidth">Columns of the picture in its file.</param>
    /// <returns>The way back: original = (network − pad)/scale.</returns>
    public static SampleInfo Place(RgbView scaled, Span<byte> canvas, int height, int width, string path, int originalHeight, int originalWidth)
    {
        var info = Place(scaled, height, width, path, originalHeight, originalWidth);
        canvas[..(height * width * 3)].Fill(Fill);
        NativeImage.Paste(scaled.Pixels, scaled.Height, scaled.Width, canvas, height, width, (int)info.PadY, (int)info.PadX);
        return info;
    }

    /// <summary>Where a picture comes to lie on a canvas.</summary>
    internal static SampleInfo Place(RgbView scaled, int height, int width, string path, int originalHeight, int originalWidth)
    {
        int top = (int)Math.Round((height - scaled.Height) / 2.0 - 0.1);
        int left = (int)Math.Round((width - scaled.Width) / 2.0 - 0.1);
        return new SampleInfo(path, originalHeight, originalWidth,
            (float)scaled.Width / originalWidth, (float)scaled.Height / originalHeight, left, top);
    }

    private static int RoundUp(int value, int multiple) => (value + multiple - 1) / multiple * multiple;
}
