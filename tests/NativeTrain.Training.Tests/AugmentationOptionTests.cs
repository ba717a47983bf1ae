using NativeTrain.Vision.Data;
using NativeTrain.Vision.Images;
using Xunit;

namespace NativeTrain.Training.Tests;

/// <summary>The options of augmentation, from the words of a command line to the pixels and boxes that a training is fed.</summary>
public sealed class AugmentationOptionTests(TinySet set) : IClassFixture<TinySet>
{
    private const int Size = 64;

    private sealed record Fed(byte[] Pixels, float[] Targets);

    /// <summary>The first batch of a training whose pictures are varied by nothing but the option.</summary>
    private Fed FirstBatch(params string[] option)
    {
        var options = set.Options(["mosaic=0", "hsv_h=0", "hsv_s=0", "hsv_v=0", "translate=0", "scale=0", "fliplr=0", .. option]);
        using var setup = new TrainingSetup(set.Backend, options, resumed: null, SilentProgress.Instance);
        using var batch = (DetectionBatch)setup.TrainLoader.Epoch(0, setup.Recipe.MosaicIn(0)).First();
        return new Fed(batch.Images.ToArray(), [.. batch.Targets]);
    }

    private static byte[] Picture(Fed fed, int i) => fed.Pixels[(i * Size * Size * 3)..((i + 1) * Size * Size * 3)];

    [Fact]
    public void FlipUdTurnsTheBatchesUpsideDown()
    {
        Fed plain = FirstBatch(), flipped = FirstBatch("flipud=1");
        for (int i = 0; i < 4; i++)
        {
            byte[] picture = Picture(plain, i);
            NativeImage.Flip(picture, Size, Size, horizontal: false, vertical: true);
            Assert.Equal(picture, Picture(flipped, i));
        }
        const int y = 3; // of a row: image, class, x, y, width, height
        Assert.Equal(plain.Targets.Length, flipped.Targets.Length);
        for (int i = 0; i < plain.Targets.Length; i++)
            Assert.Equal(i % 6 == y ? 1 - plain.Targets[i] : plain.Targets[i], flipped.Targets[i], 1e-6);
    }

    [Fact]
    public void BgrSwapsRedAndBlueOfTheBatches()
    {
        Fed plain = FirstBatch(), swapped = FirstBatch("bgr=1");
        Assert.Equal(plain.Targets, swapped.Targets);
        Assert.NotEqual(plain.Pixels, swapped.Pixels);
        for (int i = 0; i < plain.Pixels.Length; i++) Assert.Equal(plain.Pixels[i], swapped.Pixels[i / 3 * 3 + 2 - i % 3]);
    }

    /// <summary>Each of the three makes the batches that its strength in the augmenter makes (whose own tests say what that is).</summary>
    [Theory]
    [InlineData("degrees=30")]
    [InlineData("shear=20")]
    [InlineData("perspective=0.001")]
    public void WarpsReachTheBatches(string option)
    {
        var strengths = AugmentOptions.None with { Photometric = new AugmentOptions().Photometric };
        strengths = option.Split('=')[0] switch
        {
            "degrees" => strengths with { Degrees = 30 },
            "shear" => strengths with { Shear = 20 },
            _ => strengths with { Perspective = 0.001f },
        };
        using var loader = new TrainLoader(DetectionDataset.Open(DataYaml.Load(set.Data), "train", Size), batch: 4, Size, strengths, workers: 0, seed: 0);
        using var expected = (DetectionBatch)loader.Epoch(0, mosaic: true).First();
        Fed plain = FirstBatch(), warped = FirstBatch(option);
        Assert.Equal(expected.Images.ToArray(), warped.Pixels);
        Assert.Equal(expected.Targets, warped.Targets);
        Assert.NotEqual(plain.Pixels, warped.Pixels);
        Assert.NotEqual(plain.Targets, warped.Targets);
    }
}
