namespace NativeTrain.Vision.Data;

/// <summary>Changes that give each value 0…255 another one, in place on RGB bytes.</summary>
internal static class ToneCurves
{
    private const int Levels = 256;

    /// <summary>Keeps the upper <paramref name="bits"/> bits of each value.</summary>
    public static void Posterize(Span<byte> image, int bits)
    {
        byte mask = (byte)(0xFF << (8 - bits));
        foreach (ref byte v in image) v &= mask;
    }

    /// <summary>Inverts the values from <paramref name="threshold"/> on.</summary>
    public static void Solarize(Span<byte> image, float threshold)
    {
        foreach (ref byte v in image)
            if (v >= threshold) v = (byte)(255 - v);
    }

    /// <summary>Stretches each channel so that its darkest value becomes 0 and its brightest 255.</summary>
    public static void AutoContrast(Span<byte> image)
    {
        Span<byte> curve = stackalloc byte[Levels];
        for (int c = 0; c < 3; c++)
        {
            int low = 255, high = 0;
            for (int i = c; i < image.Length; i += 3) (low, high) = (Math.Min(low, image[i]), Math.Max(high, image[i]));
            if (high <= low) continue;
            for (int v = low; v <= high; v++) curve[v] = (byte)((v - low) * 255 / (high - low));
            for (int i = c; i < image.Length; i += 3) image[i] = curve[image[i]];
        }
    }

    /// <summary>
    /// Spreads each channel's values so that about as many pixels have each: a value becomes the part of pixels below it.
    /// </summary>
    public static void Equalize(Span<byte> image)
    {
        Span<int> histogram = stackalloc int[Levels];
        Span<byte> curve = stackalloc byte[Levels];
        for (int c = 0; c < 3; c++)
        {
            histogram.Clear();
            int brightest = 0;
            for (int i = c; i < image.Length; i += 3)
            {
                histogram[image[i]]++;
                brightest = Math.Max(brightest, image[i]);
            }
            // The brightest value's own pixels do not count, so that it becomes 255.
            int step = (image.Length / 3 - histogram[brightest]) / 255;
            if (step == 0) continue;
            int below = step / 2;
            for (int v = 0; v < Levels; v++)
            {
                curve[v] = (byte)Math.Min(below / step, 255);
                below += histogram[v];
            }
            for (int i = c; i < image.Length; i += 3) image[i] = curve[image[i]];
        }
    }
}
