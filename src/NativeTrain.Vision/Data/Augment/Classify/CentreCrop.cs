using NativeTrain.Vision.Images;

namespace NativeTrain.Vision.Data;

/// <summary>
/// What a classifier sees in validation and prediction: the short side brought to size/cropFraction, the middle size×size
/// pixels of that.
/// </summary>
public static class CentreCrop
{
    // Of a longer picture only the middle with this ratio of sides is resized: the whole may not fit into memory.
    private const int LongestAspect = 8;

    /// <summary>Whether a picture of size×size is taken as it is.</summary>
    public static bool KeepsAll(int size, double cropFraction) => ShortSide(size, cropFraction) == size;

    /// <param name="image">The picture.</param>
    /// <param name="output">Overwritten: [size, size, 3].</param>
    /// <param name="size">The network's input size.</param>
    /// <param name="cropFraction">In (0, 1]: the part of the short side that is kept.</param>
    /// <param name="path">For the returned <see cref="SampleInfo"/>.</param>
    /// <returns>The way back: original = (network − pad)/scale; the pads are zero or negative.</returns>
    public static SampleInfo Fit(RgbView image, Span<byte> output, int size, double cropFraction = 1, string path = "")
    {
        int shortSide = ShortSide(size, cropFraction);
        int rows = (int)Math.Min(image.Height, (long)LongestAspect * image.Width), columns = (int)Math.Min(image.Width, (long)LongestAspect * image.Height);
        int firstRow = (image.Height - rows) / 2, firstColumn = (image.Width - columns) / 2;
        var (height, width) = rows <= columns
            ? (shortSide, (int)((long)shortSide * columns / rows))
            : ((int)((long)shortSide * rows / columns), shortSide);
        int top = (int)Math.Round((height - size) / 2.0), left = (int)Math.Round((width - size) / 2.0);

        var scaled = new RgbImage(height, width);
        NativeImage.Resample(image.Pixels, image.Height, image.Width, firstRow, firstColumn, rows, columns, scaled.Pixels, height, width);
        NativeImage.Paste(scaled.Pixels, height, width, output, size, size, -top, -left);
        float scaleX = (float)width / columns, scaleY = (float)height / rows;
        return new SampleInfo(path, image.Height, image.Width, scaleX, scaleY, -left - firstColumn * scaleX, -top - firstRow * scaleY);
    }

    /// <summary>What the short side is brought to.</summary>
    private static int ShortSide(int size, double cropFraction) => Math.Max(size, (int)(size / cropFraction));
}
