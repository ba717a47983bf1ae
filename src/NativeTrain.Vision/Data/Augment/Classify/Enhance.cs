namespace NativeTrain.Vision.Data;

/// <summary>
/// Changes of a picture by a factor, each a blend with a picture that lacks something:
/// out = lacking + factor·(in − lacking), clipped to 0…255 and without its fraction, as in Pillow. Factor 1 changes nothing, 0 leaves the lacking picture,
/// more than 1 exaggerates. In place on RGB bytes.
/// </summary>
internal static class Enhance
{
    /// <summary>Lacking light: black.</summary>
    public static void Brightness(Span<byte> image, float factor)
    {
        Span<byte> curve = stackalloc byte[256];
        for (int v = 0; v < 256; v++) curve[v] = Blend(0, v, factor);
        foreach (ref byte v in image) v = curve[v];
    }

    /// <summary>Lacking contrast: the picture's mean luma everywhere.</summary>
    public static void Contrast(Span<byte> image, float factor)
    {
        long sum = 0;
        for (int i = 0; i + 2 < image.Length; i += 3) sum += PhotometricNoise.Luma(image[i], image[i + 1], image[i + 2]);
        int mean = (int)((double)sum / (image.Length / 3) + 0.5);

        Span<byte> curve = stackalloc byte[256];
        for (int v = 0; v < 256; v++) curve[v] = Blend(mean, v, factor);
        foreach (ref byte v in image) v = curve[v];
    }

    /// <summary>Lacking colour: each pixel's luma.</summary>
    public static void Saturation(Span<byte> image, float factor)
    {
        for (int i = 0; i + 2 < image.Length; i += 3)
        {
            int luma = PhotometricNoise.Luma(image[i], image[i + 1], image[i + 2]);
            for (int c = i; c < i + 3; c++) image[c] = Blend(luma, image[c], factor);
        }
    }

    /// <summary>
    /// Lacking sharpness: smoothed by the kernel (1 1 1; 1 5 1; 1 1 1)/13. The outermost pixels stay as they are.
    /// </summary>
    public static void Sharpness(Span<byte> image, int height, int width, float factor)
    {
        byte[] source = image.ToArray();
        int stride = width * 3;
        for (int y = 1; y < height - 1; y++)
            for (int i = y * stride + 3; i < (y + 1) * stride - 3; i++)
            {
                int sum = 4 * source[i];
                for (int row = i - stride; row <= i + stride; row += stride) sum += source[row - 3] + source[row] + source[row + 3];
                image[i] = Blend((sum + 6) / 13, source[i], factor);
            }
    }

    private static byte Blend(int lacking, int value, float factor) =>
        (byte)Math.Clamp((int)(lacking + factor * (value - lacking)), 0, 255);
}
