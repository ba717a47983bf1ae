using NativeTrain.Vision.Images;

namespace NativeTrain.Vision.Data;

/// <summary>
/// Two operations drawn from fourteen, at one fixed strength (Cubuk et al., "RandAugment", 2019): strength 9 on a scale
/// whose 30 is the strongest of each operation; positions, border and rounding as torchvision's on Pillow pictures. Shear (about the corner), translation, rotation and the blends go either way by chance.
/// </summary>
internal static class RandAugment
{
    private const int Operations = 14, Applied = 2;
    private const double Strength = 9.0 / 30;

    // What each operation does at strength 30.
    private const double MaxShear = 0.3, MaxTranslation = 150.0 / 331, MaxDegrees = 30, MaxBlend = 0.9, MaxLostBits = 4;

    /// <summary>Changes <paramref name="image"/> [size, size, 3] in place; pixels moved in from outside are black.</summary>
    /// <param name="scratch">As large as the image; its contents are lost.</param>
    public static void Apply(ref SampleRandom random, Span<byte> image, int size, Span<byte> scratch)
    {
        for (int i = 0; i < Applied; i++)
        {
            int operation = random.Below(Operations);
            double sign = random.Chance(0.5) ? -1 : 1;
            Apply(operation, sign, image, size, scratch);
        }
    }

    internal static void Apply(int operation, double sign, Span<byte> image, int size, Span<byte> scratch)
    {
        double way = sign * Strength;
        float blend = (float)(1 + way * MaxBlend);
        switch (operation)
        {
            case 0: break;                                                      // leaves the picture as it is
            case 1: Move(image, size, scratch, [1, way * MaxShear, way * MaxShear / 2, 0, 1, 0, 0, 0, 1]); break;
            case 2: Move(image, size, scratch, [1, 0, 0, way * MaxShear, 1, way * MaxShear / 2, 0, 0, 1]); break;
            case 3: Move(image, size, scratch, [1, 0, (int)(way * MaxTranslation * size), 0, 1, 0, 0, 0, 1]); break;
            case 4: Move(image, size, scratch, [1, 0, 0, 0, 1, (int)(way * MaxTranslation * size), 0, 0, 1]); break;
            case 5: Move(image, size, scratch, Rotation(way * MaxDegrees, (size - 1) / 2.0)); break;
            case 6: Enhance.Brightness(image, blend); break;
            case 7: Enhance.Saturation(image, blend); break;
            case 8: Enhance.Contrast(image, blend); break;
            case 9: Enhance.Sharpness(image, size, size, blend); break;
            case 10: ToneCurves.Posterize(image, 8 - (int)Math.Round(Strength * MaxLostBits)); break;
            case 11: ToneCurves.Solarize(image, (float)(255 * (1 - Strength))); break;
            case 12: ToneCurves.AutoContrast(image); break;
            case 13: ToneCurves.Equalize(image); break;
            default: throw new ArgumentOutOfRangeException(nameof(operation));
        }
    }

    /// <summary>The matrix that turns about the centre.</summary>
    private static double[] Rotation(double degrees, double centre)
    {
        double cos = Math.Cos(degrees * Math.PI / 180), sin = Math.Sin(degrees * Math.PI / 180);
        return [cos, -sin, centre - cos * centre + sin * centre, sin, cos, centre - sin * centre - cos * centre, 0, 0, 1];
    }

    /// <summary>Reads each pixel from where <paramref name="inverse"/> sends its position.</summary>
    private static void Move(Span<byte> image, int size, Span<byte> scratch, ReadOnlySpan<double> inverse)
    {
        image.CopyTo(scratch);
        NativeImage.Warp(scratch, size, size, image, size, size, inverse, perspective: false, fill: 0, cut: true);
    }
}
