using NativeTrain.Vision.Data;
using NativeTrain.Vision.Images;
using Xunit;

namespace NativeTrain.Vision.Tests;

/// <summary>The operations of RandAugment and of the colour jitter, each against its definition.</summary>
public sealed class RandAugmentTests
{
    private const int Size = 24;

    private static byte[] After(int operation, double sign, RgbImage image)
    {
        byte[] pixels = [.. image.Pixels], scratch = new byte[pixels.Length];
        RandAugment.Apply(operation, sign, pixels, Size, scratch);
        return pixels;
    }

    /// <summary>Colours of middling brightness, so that little is clipped.</summary>
    private static RgbImage Middling()
    {
        var image = TestPictures.Noise(Size, Size, 3);
        for (int i = 0; i < image.Pixels.Length; i++) image.Pixels[i] = (byte)(60 + image.Pixels[i] / 2);
        return image;
    }

    [Fact]
    public void EveryOperationButTheIdentityChangesThePicture()
    {
        var image = Middling();
        for (int operation = 0; operation < 14; operation++)
            Assert.Equal(operation == 0, After(operation, 1, image).AsSpan().SequenceEqual(image.Pixels));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public void MovesGoBothWaysAndLeaveBlackBehind(int operation)
    {
        var image = RgbImage.Filled(Size, Size, 200);
        byte[] one = After(operation, 1, image), other = After(operation, -1, image);
        Assert.Contains((byte)0, one);
        Assert.Contains((byte)0, other);
        if (operation != 5) Assert.NotEqual(one, other);                         // a turned square looks the same from either side
    }

    /// <summary>The corner stays: the first row's centres lie half a pixel below it and move by half a row's shear.</summary>
    [Fact]
    public void ShearIsAboutTheCorner()
    {
        var image = RgbImage.Filled(Size, Size, 0);
        for (int i = 0; i < image.Pixels.Length; i++) image.Pixels[i] = (byte)(10 * (i / 3 % Size)); // a ramp along x
        byte[] sheared = After(1, 1, image);
        for (int y = 0; y < Size; y++) Assert.Equal(10 * (8 + 0.09 * (y + 0.5)), sheared[(y * Size + 8) * 3], 1.0);
    }

    [Fact]
    public void TranslationIsByWholePixels()
    {
        var image = Middling();
        int shift = (int)(0.3 * 150 / 331 * Size);
        byte[] moved = After(3, 1, image);
        for (int y = 0; y < Size; y++)
            for (int x = 0; x < Size; x++)
                Assert.Equal(x + shift < Size ? image.Pixels[(y * Size + x + shift) * 3] : 0, moved[(y * Size + x) * 3]);
    }

    [Fact]
    public void TheBlendsMoveAwayFromWhatLacks()
    {
        var image = Middling();
        double mean = 0;
        for (int i = 0; i < image.Pixels.Length; i += 3) mean += PhotometricNoise.Luma(image.Pixels[i], image.Pixels[i + 1], image.Pixels[i + 2]) / (Size * (double)Size);
        foreach (double sign in new[] { -1.0, 1.0 })
        {
            double factor = 1 + sign * 0.3 * 0.9;
            byte[] bright = After(6, sign, image), colour = After(7, sign, image), contrast = After(8, sign, image), sharp = After(9, sign, image);
            for (int y = 1; y < Size - 1; y++)
                for (int i = (y * Size + 1) * 3; i < (y * Size + Size - 1) * 3; i++)
                {
                    double value = image.Pixels[i], luma = PhotometricNoise.Luma(image.Pixels[i - i % 3], image.Pixels[i - i % 3 + 1], image.Pixels[i - i % 3 + 2]), smooth = 4 * value;
                    for (int dy = -1; dy <= 1; dy++)
                        for (int dx = -1; dx <= 1; dx++) smooth += image.Pixels[i + (dy * Size + dx) * 3];
                    Assert.Equal(Math.Clamp((int)((float)factor * (float)value), 0, 255), bright[i]); // without its fraction, as Pillow does
                    Near(luma + factor * (value - luma), colour[i]);
                    Near(mean + factor * (value - mean), contrast[i]);
                    Near(smooth / 13 + factor * (value - smooth / 13), sharp[i]);
                }
        }

        static void Near(double expected, byte value) => Assert.InRange(value, Math.Clamp(expected, 0, 255) - 1.6, Math.Clamp(expected, 0, 255) + 0.6);
    }

    [Fact]
    public void ToneCurvesAreTheirDefinitions()
    {
        var image = Middling();
        byte[] posterized = After(10, 1, image), solarized = After(11, 1, image), stretched = After(12, 1, image);
        for (int i = 0; i < image.Pixels.Length; i++)
        {
            Assert.Equal(image.Pixels[i] & 0b1111_1110, posterized[i]);
            Assert.Equal(image.Pixels[i] >= 178.5 ? 255 - image.Pixels[i] : image.Pixels[i], solarized[i]);
        }
        for (int c = 0; c < 3; c++)
        {
            var channel = stretched.Where((_, i) => i % 3 == c).ToList();
            Assert.Equal((0, 255), (channel.Min(), channel.Max()));
        }
    }

    [Fact]
    public void EqualizingSpreadsTheValuesEvenly()
    {
        const int side = 128, pixels = side * side;
        var image = TestPictures.Noise(side, side, 3);
        for (int i = 0; i < image.Pixels.Length; i++) image.Pixels[i] = (byte)(image.Pixels[i] * image.Pixels[i] / 300);
        ToneCurves.Equalize(image.Pixels);
        for (int c = 0; c < 3; c++)
        {
            var channel = image.Pixels.Where((_, i) => i % 3 == c).ToList();
            Assert.InRange(channel.Average(v => v), 122, 134);
            for (int quarter = 0; quarter < 4; quarter++)
                Assert.InRange(channel.Count(v => v / 64 == quarter), pixels / 4 - pixels / 20, pixels / 4 + pixels / 20);
        }
    }

    [Fact]
    public void FlatPicturesStayAsTheyAre()
    {
        var image = RgbImage.Filled(Size, Size, 90);
        Assert.Equal(image.Pixels, After(12, 1, image));
        Assert.Equal(image.Pixels, After(13, 1, image));
    }

    [Theory]
    [InlineData(0f, 200, 100, 50)]
    [InlineData(1f, 200, 100, 50)]
    [InlineData(1 / 3f, 50, 200, 100)]          // red becomes green, green blue
    [InlineData(-1 / 3f, 100, 50, 200)]
    [InlineData(0.5f, 50, 150, 200)]            // the opposite colour of the same largest and smallest
    public void TheHueTurns(float part, byte r, byte g, byte b)
    {
        byte[] pixel = [200, 100, 50];
        ColourJitter.TurnHue(pixel, part);
        Assert.Equal([r, g, b], pixel);
    }
}
