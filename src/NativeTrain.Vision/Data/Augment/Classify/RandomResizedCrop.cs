using NativeTrain.Vision.Images;

namespace NativeTrain.Vision.Data;

/// <summary>
/// Cuts a random rectangle out of the picture and brings it to the network's size (Szegedy et al., "Going deeper with
/// convolutions", 2015): its area a uniform part of the picture's between <c>minArea</c> and 1, its width over its height
/// between 3/4 and 4/3, uniform in the logarithm.
/// </summary>
internal static class RandomResizedCrop
{
    private const double Narrowest = 3.0 / 4, Widest = 4.0 / 3;
    private const int Attempts = 10;

    /// <summary>Writes a crop of <paramref name="image"/> to <paramref name="output"/> [size, size, 3].</summary>
    public static void Apply(RgbView image, double minArea, ref SampleRandom random, Span<byte> output, int size)
    {
        var (top, left, height, width) = Draw(image.Height, image.Width, minArea, ref random);
        NativeImage.Resample(image.Pixels, image.Height, image.Width, top, left, height, width, output, size, size);
    }

    /// <summary>The rectangle; where none that was drawn fits, the largest in the middle with an allowed shape.</summary>
    public static (int Top, int Left, int Height, int Width) Draw(int height, int width, double minArea, ref SampleRandom random)
    {
        for (int attempt = 0; attempt < Attempts; attempt++)
        {
            double area = height * (double)width * random.Next(minArea, 1);
            double aspect = Math.Exp(random.Next(Math.Log(Narrowest), Math.Log(Widest)));
            int w = (int)Math.Round(Math.Sqrt(area * aspect)), h = (int)Math.Round(Math.Sqrt(area / aspect));
            if (w >= 1 && h >= 1 && w <= width && h <= height)
                return (random.Below(height - h + 1), random.Below(width - w + 1), h, w);
        }
        double whole = (double)width / height;
        int columns = whole > Widest ? Math.Max(1, (int)Math.Round(height * Widest)) : width;
        int rows = whole < Narrowest ? Math.Max(1, (int)Math.Round(width / Narrowest)) : height;
        return ((height - rows) / 2, (width - columns) / 2, rows, columns);
    }
}
