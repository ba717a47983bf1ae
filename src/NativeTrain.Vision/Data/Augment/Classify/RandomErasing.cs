namespace NativeTrain.Vision.Data;

/// <summary>
/// Blacks out a random rectangle (Zhong et al., "Random erasing data augmentation", 2020), so that no single part of an
/// object is all that tells its class: area between 0.02 and 0.33 of the picture's, height over width between 0.3 and
/// 3.3, uniform in the logarithm.
/// </summary>
internal static class RandomErasing
{
    private const double MinArea = 0.02, MaxArea = 0.33, Flattest = 0.3, Steepest = 3.3;
    private const int Attempts = 10;

    /// <summary>Erases in <paramref name="image"/> [size, size, 3] with this probability.</summary>
    public static void Apply(float probability, ref SampleRandom random, Span<byte> image, int size)
    {
        if (probability <= 0 || !random.Chance(probability)) return;
        for (int attempt = 0; attempt < Attempts; attempt++)
        {
            double area = (double)size * size * random.Next(MinArea, MaxArea);
            double aspect = Math.Exp(random.Next(Math.Log(Flattest), Math.Log(Steepest)));
            int height = (int)Math.Round(Math.Sqrt(area * aspect)), width = (int)Math.Round(Math.Sqrt(area / aspect));
            if (height < 1 || width < 1 || height >= size || width >= size) continue;
            int top = random.Below(size - height + 1), left = random.Below(size - width + 1);
            for (int y = top; y < top + height; y++)
                image.Slice((y * size + left) * 3, width * 3).Clear();
            return;
        }
    }
}
