namespace NativeTrain.Vision.Data;

/// <summary>Varies brightness, contrast, saturation and hue by random strengths, in a random order.</summary>
internal static class ColourJitter
{
    private const int Changes = 4;

    /// <summary>In place on RGB bytes. Brightness and contrast vary by <c>HsvV</c>, saturation by <c>HsvS</c>, hue by <c>HsvH</c>.</summary>
    public static void Apply(ClassifyAugmentOptions options, ref SampleRandom random, Span<byte> image)
    {
        foreach (int change in random.Permutation(Changes))
            switch (change)
            {
                case 0 when options.HsvV > 0: Enhance.Brightness(image, Factor(options.HsvV, ref random)); break;
                case 1 when options.HsvV > 0: Enhance.Contrast(image, Factor(options.HsvV, ref random)); break;
                case 2 when options.HsvS > 0: Enhance.Saturation(image, Factor(options.HsvS, ref random)); break;
                case 3 when options.HsvH > 0: TurnHue(image, (float)random.Next(-options.HsvH, options.HsvH)); break;
            }
    }

    private static float Factor(float strength, ref SampleRandom random) => (float)random.Next(1 - strength, 1 + strength);

    /// <summary>
    /// Turns every pixel's hue by a part of the colour circle. With hue h in sixths of the circle, v the largest and
    /// d the largest minus the smallest channel: channel = v − d·max(0, min(k, 4 − k, 1)), k = (n + h) mod 6, n = 5, 3, 1
    /// for R, G, B.
    /// </summary>
    public static void TurnHue(Span<byte> image, float part)
    {
        for (int i = 0; i + 2 < image.Length; i += 3)
        {
            int r = image[i], g = image[i + 1], b = image[i + 2];
            int v = Math.Max(r, Math.Max(g, b)), d = v - Math.Min(r, Math.Min(g, b));
            if (d == 0) continue;                                             // grey has no hue
            float sixths = v == r ? (float)(g - b) / d : v == g ? (float)(b - r) / d + 2 : (float)(r - g) / d + 4;
            sixths += 6 * part;
            image[i] = Channel(5 + sixths, v, d);
            image[i + 1] = Channel(3 + sixths, v, d);
            image[i + 2] = Channel(1 + sixths, v, d);
        }
    }

    private static byte Channel(float position, int v, int d)
    {
        float k = position - 6 * MathF.Floor(position / 6);
        return (byte)(v - d * Math.Max(0, Math.Min(Math.Min(k, 4 - k), 1)) + 0.5f);
    }
}
