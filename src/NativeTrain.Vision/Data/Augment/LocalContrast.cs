namespace NativeTrain.Vision.Data;

/// <summary>
/// Contrast-limited adaptive histogram equalisation (CLAHE; Zuiderveld, Graphics Gems IV, 1994) of the luma: each of
/// 8×8 tiles gets the grey curve that would flatten its histogram, with the histogram's peaks cut so that noise is not
/// blown up; between tile centres the curves are interpolated. The change of luma is added to all three channels.
/// </summary>
internal static class LocalContrast
{
    private const int Tiles = 8, Levels = 256;

    public static void Apply(Span<byte> image, int height, int width, double clipLimit)
    {
        if (height < Tiles || width < Tiles) return;
        var curves = new float[Tiles * Tiles][];
        for (int t = 0; t < curves.Length; t++)
            curves[t] = Curve(image, width, t / Tiles * height / Tiles, (t / Tiles + 1) * height / Tiles, t % Tiles * width / Tiles, (t % Tiles + 1) * width / Tiles, clipLimit);

        for (int y = 0; y < height; y++)
        {
            var (upper, lower, fy) = Neighbours(y, height);
            for (int x = 0; x < width; x++)
            {
                var (left, right, fx) = Neighbours(x, width);
                var pixel = image.Slice((y * width + x) * 3, 3);
                int luma = PhotometricNoise.Luma(pixel[0], pixel[1], pixel[2]);
                float above = curves[upper * Tiles + left][luma] * (1 - fx) + curves[upper * Tiles + right][luma] * fx;
                float below = curves[lower * Tiles + left][luma] * (1 - fx) + curves[lower * Tiles + right][luma] * fx;
                int change = (int)MathF.Round(above * (1 - fy) + below * fy) - luma;
                for (int c = 0; c < 3; c++) pixel[c] = (byte)Math.Clamp(pixel[c] + change, 0, 255);
            }
        }
    }

    /// <summary>The grey curve of one tile: its clipped histogram, summed up and scaled to 0…255.</summary>
    private static float[] Curve(ReadOnlySpan<byte> image, int width, int top, int bottom, int left, int right, double clipLimit)
    {
        var histogram = new int[Levels];
        for (int y = top; y < bottom; y++)
            for (int x = left; x < right; x++)
            {
                var pixel = image.Slice((y * width + x) * 3, 3);
                histogram[PhotometricNoise.Luma(pixel[0], pixel[1], pixel[2])]++;
            }

        int pixels = (bottom - top) * (right - left);
        int limit = Math.Max(1, (int)(clipLimit * pixels / Levels));
        int excess = 0;
        foreach (int count in histogram) excess += Math.Max(0, count - limit);

        var curve = new float[Levels];
        float sum = 0, share = (float)excess / Levels;                        // what was cut is spread evenly
        for (int i = 0; i < Levels; i++)
        {
            sum += Math.Min(histogram[i], limit) + share;
            curve[i] = sum * 255 / pixels;
        }
        return curve;
    }

    /// <summary>The two tiles whose centres a row or column lies between, and how far it is from the first.</summary>
    private static (int First, int Second, float Fraction) Neighbours(int position, int length)
    {
        float tile = (position + 0.5f) * Tiles / length - 0.5f;
        int first = (int)MathF.Floor(tile);
        return (Math.Max(first, 0), Math.Min(first + 1, Tiles - 1), tile - first);
    }
}
