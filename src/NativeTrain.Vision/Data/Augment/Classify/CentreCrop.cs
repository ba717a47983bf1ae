using NativeTrain.Vision.Images;

namespace NativeTrain.Vision.Data;

/// <summary>
/// What a classifier sees in validation and prediction: the short side brought to size/cropFraction, the middle size×size
/// pixels of that.
/// </summary>
public static class CentreCrop
{
    /// <param name="image">The picture.</param>
    /// <param name="output">Overwritten: [size, size, 3].</param>
    /// <param name="size">The network's input size.</param>
    /// <param name="cropFraction">In (0, 1]: the part of the short side that is kept.</param>
    /// <param name="path">For the returned <see cref="SampleInfo"/>.</param>
    /// <returns>The way back: original = (network − pad)/scale; the pads are zero or negative.</returns>
    public static SampleInfo Fit(RgbView image, Span<byte> output, int size, double cropFraction = 1, string path = "")
    {
        int shortSide = Math.Max(size, (int)(size / cropFraction));
        var (height, width) = image.Height <= image.Width
            ? (shortSide, (int)((long)shortSide * image.Width / image.Height))
            : ((int)((long)shortSide * image.Height / image.Width), shortSide);
        int top = (int)Math.Round((height - size) / 2.0), left = (int)Math.Round((width - size) / 2.0);

        var scaled = new RgbImage(height, width);
        NativeImage.Resample(image.Pixels, image.Height, image.Width, 0, 0, image.Height, image.Width, scaled.Pixels, height, width);
        NativeImage.Paste(scaled.Pixels, height, width, output, size, size, -top, -left);
        return new SampleInfo(path, image.Height, image.Width, (float)width / image.Width, (float)height / image.Height, -left, -top);
    }
}
