using NativeTrain.Vision.Data;
using NativeTrain.Vision.Images;
using Xunit;

namespace NativeTrain.Vision.Tests;

/// <summary>Each augmentation does what it is said to do, and nothing where its strength is zero.</summary>
public sealed class ClassifyAugmenterTests
{
    private const int Size = 32, Samples = 400;

    private static readonly ClassifyAugmentOptions None = ClassifyAugmentOptions.None;

    private static byte[] Make(RgbImage image, ClassifyAugmentOptions options, int index)
    {
        var random = new SampleRandom(1, 2, index);
        byte[] output = new byte[Size * Size * 3];
        new ClassifyAugmenter(options, Size).Make(image, ref random, output);
        return output;
    }

    private static byte[] Flipped(RgbImage image, bool horizontal, bool vertical)
    {
        byte[] pixels = [.. image.Pixels];
        NativeImage.Flip(pixels, Size, Size, horizontal, vertical);
        return pixels;
    }

    /// <summary>How many of many samples satisfy a condition, as a share.</summary>
    private static double Share(RgbImage image, ClassifyAugmentOptions options, Func<byte[], bool> condition) =>
        Enumerable.Range(0, Samples).Count(i => condition(Make(image, options, i))) / (double)Samples;

    [Fact]
    public void NoAugmentationIsThePicture()
    {
        var image = TestPictures.Noise(Size, Size);
        for (int i = 0; i < 20; i++) Assert.Equal(image.Pixels, Make(image, None, i));
    }

    [Fact]
    public void ASampleDependsOnItsKeyOnly()
    {
        var image = TestPictures.Noise(40, 50);
        Assert.Equal(Make(image, new ClassifyAugmentOptions(), 3), Make(image, new ClassifyAugmentOptions(), 3));
        Assert.NotEqual(Make(image, new ClassifyAugmentOptions(), 3), Make(image, new ClassifyAugmentOptions(), 4));
    }

    [Theory]
    [InlineData(0.5f)]
    [InlineData(0.92f)]
    public void CropsCoverTheirShareOfTheArea(float scale)
    {
        var random = new SampleRandom(0, 0, 0);
        var areas = new List<double>();
        for (int i = 0; i < 2000; i++)
        {
            var (top, left, height, width) = RandomResizedCrop.Draw(200, 300, 1 - scale, ref random);
            Assert.InRange(top, 0, 200 - height);
            Assert.InRange(left, 0, 300 - width);
            Assert.InRange((double)width / height, 0.74, 1.35);
            areas.Add(height * width / (200.0 * 300));
        }
        Assert.InRange(areas.Min(), 1 - scale - 0.01, 1 - scale + 0.05);
        Assert.InRange(areas.Max(), 0.8, 1);
    }

    [Theory]
    [InlineData(10, 100, 10, 13)]       // no crop of this shape is as large: the middle, 4:3
    [InlineData(100, 10, 13, 10)]
    public void APictureTooLongGivesItsMiddle(int height, int width, int rows, int columns)
    {
        var random = new SampleRandom(0, 0, 0);
        Assert.Equal(((height - rows) / 2, (width - columns) / 2, rows, columns), RandomResizedCrop.Draw(height, width, 0.99, ref random));
    }

    [Fact]
    public void ScaleMakesCrops()
    {
        var image = TestPictures.Noise(Size, Size);
        Assert.True(Share(image, None with { Scale = 0.5f }, s => !s.AsSpan().SequenceEqual(image.Pixels)) > 0.9);
    }

    [Fact]
    public void FlipsComeAsOftenAsTheyAreAskedFor()
    {
        var image = TestPictures.Noise(Size, Size);
        byte[] mirrored = Flipped(image, true, false), upsideDown = Flipped(image, false, true);
        Assert.InRange(Share(image, None with { FlipLr = 0.3f }, s => s.SequenceEqual(mirrored)), 0.22, 0.38);
        Assert.InRange(Share(image, None with { FlipUd = 0.3f }, s => s.SequenceEqual(upsideDown)), 0.22, 0.38);
    }

    [Fact]
    public void ErasingBlacksOutARectangle()
    {
        var image = RgbImage.Filled(Size, Size, 200);
        var areas = new List<int>();
        double share = Share(image, None with { Erasing = 0.4f }, sample =>
        {
            var black = Enumerable.Range(0, Size * Size).Where(p => sample[3 * p] == 0).ToList();
            if (black.Count == 0) return false;
            int rows = black.Max(p => p / Size) - black.Min(p => p / Size) + 1, columns = black.Max(p => p % Size) - black.Min(p => p % Size) + 1;
            Assert.Equal(rows * columns, black.Count);
            Assert.InRange((double)rows / columns, 0.2, 4.5);
            areas.Add(black.Count);
            return true;
        });
        Assert.InRange(share, 0.32, 0.48);
        Assert.InRange(areas.Min(), 0.01 * Size * Size, 0.05 * Size * Size);
        Assert.InRange(areas.Max(), 0.25 * Size * Size, 0.36 * Size * Size);
    }

    [Fact]
    public void TheJitterVariesWhatItIsAskedTo()
    {
        var image = RgbImage.Filled(Size, Size, 0);
        TestPictures.Fill(image, 0, 0, Size, Size, 160, 80, 40);
        // Brightness and contrast keep the order of channels; saturation keeps the luma; hue keeps the largest and the smallest.
        Assert.InRange(Spread(image, None with { HsvV = 0.4f }, s => s[0]), 60, 190);
        Assert.InRange(Spread(image, None with { HsvS = 0.7f }, s => s[0] - s[2]), 60, 190);
        Assert.InRange(Spread(image, None with { HsvS = 0.7f }, s => PhotometricNoise.Luma(s[0], s[1], s[2])), 0, 3);
        Assert.InRange(Spread(image, None with { HsvH = 0.1f }, s => s[1]), 50, 160);
        Assert.Equal(0, Spread(image, None with { HsvH = 0.05f }, s => s[0]));
        // RandAugment takes the jitter's place.
        Assert.Equal(Make(image, None with { RandAugment = true }, 5), Make(image, None with { RandAugment = true, HsvV = 0.9f, HsvS = 0.9f, HsvH = 0.4f }, 5));

        static int Spread(RgbImage image, ClassifyAugmentOptions options, Func<byte[], int> figure)
        {
            var seen = Enumerable.Range(0, 200).Select(i => figure(Make(image, options, i))).ToList();
            return seen.Max() - seen.Min();
        }
    }

    [Fact]
    public void RandAugmentChangesMostPictures()
    {
        var image = TestPictures.Noise(Size, Size);
        // Unchanged where both of the two are the identity, or autocontrast or equalisation of noise that needs neither.
        Assert.InRange(Share(image, None with { RandAugment = true }, s => !s.SequenceEqual(image.Pixels)), 0.85, 0.999);
    }

    [Theory]
    [InlineData(60, 90, 1, 32, 0, 8)]           // short side to 32: 32×48, the middle 32 of 48 columns
    [InlineData(90, 60, 1, 32, 8, 0)]
    [InlineData(60, 90, 0.5, 64, 16, 32)]       // short side to 64: 64×96
    public void ValidationTakesTheMiddle(int height, int width, double cropFraction, int shortSide, int top, int left)
    {
        var image = TestPictures.Noise(height, width);
        byte[] output = new byte[Size * Size * 3];
        var info = CentreCrop.Fit(image, output, Size, cropFraction, "a.jpg");
        int h = height < width ? shortSide : shortSide * height / width, w = height < width ? shortSide * width / height : shortSide;
        var scaled = new RgbImage(h, w);
        NativeImage.Resample(image.Pixels, height, width, 0, 0, height, width, scaled.Pixels, h, w);
        for (int y = 0; y < Size; y++)
            Assert.Equal(scaled.Pixels.AsSpan(((top + y) * w + left) * 3, Size * 3), output.AsSpan(y * Size * 3, Size * 3));
        Assert.Equal(new SampleInfo("a.jpg", height, width, (float)w / width, (float)h / height, -left, -top), info);
    }

    /// <summary>Resized as a whole, such a strip would have gigabytes. Its middle is a ramp, and what the network sees the middle of that.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void OfALongStripOnlyTheMiddleIsResized(bool upright)
    {
        const int Length = 1_000_000, Middle = Length / 2;
        byte[] strip = new byte[Length * 3];
        for (int i = -16; i < 16; i++) strip.AsSpan((Middle + i) * 3, 3).Fill((byte)(80 + i));
        var image = upright ? new RgbImage(Length, 1, strip) : new RgbImage(1, Length, strip);
        byte[] output = new byte[Size * Size * 3];

        var info = CentreCrop.Fit(image, output, Size);

        // A pixel of the strip becomes 32: the view reaches from the centre of the pixel before the middle to that of the one after it.
        var (pad, scale) = upright ? (info.PadY, info.ScaleY) : (info.PadX, info.ScaleX);
        Assert.Equal((Middle - 0.5f) * -Size, pad, 1f);
        Assert.Equal(Size, scale);
        Assert.Equal((79, 80), (output[0], output[^1]));
    }
}
