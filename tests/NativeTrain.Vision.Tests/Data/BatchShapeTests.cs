using NativeTrain.Testing;
using NativeTrain.Vision.Data;
using NativeTrain.Vision.Images;
using Xunit;

namespace NativeTrain.Vision.Tests;

/// <summary>Training batches of other shapes than the square of imgsz: rect and multi_scale.</summary>
public sealed class BatchShapeTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    /// <summary>Six wide, six tall pictures with one box each.</summary>
    private DetectionDataset Set(int imgsz = 128)
    {
        var items = Enumerable.Range(0, 12).Select(i => (TestPictures.Noise(i % 2 == 0 ? 60 : 120, i % 2 == 0 ? 120 : 60, i), "0 0.5 0.5 0.5 0.25\n"));
        return DetectionDataset.Open(TestPictures.WriteSet(folder, items), "train", imgsz);
    }

    private static List<(int H, int W, string First, float[] Targets, byte[] Images)> Drain(TrainLoader loader, int epoch) =>
        [.. loader.Epoch(epoch, true).Cast<DetectionBatch>().Select(b => { using (b) return (b.H, b.W, b.Samples[0].Path, b.Targets, b.Images.ToArray()); })];

    [Fact]
    public void RectangularBatchesHoldPicturesOfOneShapeAndNoMosaic()
    {
        var set = Set();
        using var loader = new TrainLoader(set, 3, 128, AugmentOptions.None with { Mosaic = 1, Mixup = 1 }, 2, seed: 0, rect: true);
        Assert.Equal(4, loader.BatchesPerEpoch);
        Assert.Equal(64 * 128, loader.LargestShape.Height * loader.LargestShape.Width);
        var epochs = Enumerable.Range(0, 6).Select(e => Drain(loader, e)).ToList();
        foreach (var batches in epochs)
        {
            Assert.Equal([(64, 128), (64, 128), (128, 64), (128, 64)], batches.Select(b => (b.H, b.W)).Order());
            // Nothing is done to these pictures: they are as validation shows them, one box each.
            Assert.All(batches, b => Assert.Equal(3, b.Targets.Length / 6));
            Assert.All(batches, b => Assert.Equal([0.5f, 0.5f, 0.5f, 0.25f], b.Targets[2..6]));
        }
        Assert.Equal(12, loader.Epoch(0, true).SelectMany(b => { using (b) return b.Samples.Select(s => s.Path); }).Distinct().Count());
        Assert.True(epochs.Select(e => string.Join(' ', e.Select(b => b.First))).Distinct().Count() > 1, "the order of the batches never changes");
        Assert.Equal(set.Load(0).Pixels[..300].ToArray(), epochs[0].First(b => b.First == set.Labels[0].Path).Images[..300]);
    }

    /// <summary>1.15·640 and 0.3·640 come out a last bit beside the multiples of 32 that they are.</summary>
    [Theory]
    [InlineData(0.15, 544, 736)]
    [InlineData(0.7, 192, 1088)]
    [InlineData(0.5, 320, 960)]
    public void BothEndsOfTheRangeOfSizesAreDrawn(double range, int least, int most)
    {
        var scale = new MultiScale(640, range);
        int[] drawn = [.. Enumerable.Range(0, 2000).Select(batch => scale.Draw((640, 640), seed: 0, epoch: 0, batch).Height)];
        Assert.Equal((least, most), (drawn.Min(), drawn.Max()));
        Assert.Equal((most, most), scale.Largest((640, 640)));
        Assert.Equal(most, MultiScale.LargestSide(640, range));
    }

    [Fact]
    public void EachBatchHasASizeOfItsOwnThatDependsOnTheSeedAlone()
    {
        var set = Set(96);
        var options = AugmentOptions.None with { Mosaic = 1, Scale = 0.5f };
        using var alone = new TrainLoader(set, 2, 96, options, 0, seed: 3, multiScale: 0.5);
        using var many = new TrainLoader(set, 2, 96, options, 3, seed: 3, multiScale: 0.5);
        using var plain = new TrainLoader(set, 2, 96, options, 0, seed: 3);
        var sizes = new List<int>();
        for (int epoch = 0; epoch < 5; epoch++)
        {
            var a = Drain(alone, epoch);
            var b = Drain(many, epoch);
            var usual = Drain(plain, epoch);
            for (int k = 0; k < a.Count; k++)
            {
                Assert.Equal(a[k].Images, b[k].Images);
                Assert.Equal(a[k].H, a[k].W);
                Assert.Equal(2 * a[k].H * a[k].W * 3, a[k].Images.Length);
                // The same sample, resized; boxes are parts of the picture.
                Assert.Equal(usual[k].Targets, a[k].Targets);
                var expected = new RgbImage(96, 96, usual[k].Images[..(96 * 96 * 3)]).Resize(a[k].H, a[k].W);
                Assert.Equal(expected.Pixels, a[k].Images[..expected.Pixels.Length]);
                sizes.Add(a[k].H);
            }
        }
        Assert.Equal([64, 96, 128], sizes.Distinct().Order());                 // 48 … 144 in multiples of 32
        Assert.Equal((128, 128), alone.LargestShape);
        Assert.Equal((96, 96), plain.LargestShape);
    }

    [Fact]
    public void RectanglesScaleInWholeStrides()
    {
        using var loader = new TrainLoader(Set(), 3, 128, AugmentOptions.None, 0, seed: 1, rect: true, multiScale: 0.25);
        var shapes = Enumerable.Range(0, 5).SelectMany(e => Drain(loader, e)).Select(b => (Math.Min(b.H, b.W), Math.Max(b.H, b.W))).Distinct().Order();
        Assert.Equal([(64, 96), (64, 128), (96, 160)], shapes);
    }
}
