using NativeTrain.Core;
using NativeTrain.Testing;
using NativeTrain.Vision.Data;
using NativeTrain.Vision.Images;
using Xunit;

namespace NativeTrain.Vision.Tests;

public sealed class LoaderTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    private DetectionDataset Set(int images = 11, int imgsz = 64, CacheOptions? cache = null)
    {
        var items = Enumerable.Range(0, images).Select(i => (TestPictures.Noise(40 + 3 * i, 80 - 2 * i, i), $"0 0.5 0.5 0.4 0.{i % 5 + 2}\n1 0.2 0.3 0.1 0.2\n"));
        return DetectionDataset.Open(TestPictures.WriteSet(folder, items), "train", imgsz, cache);
    }

    /// <summary>What a training run would see, batch by batch.</summary>
    private static List<(byte[] Images, float[] Targets, string[] Paths)> Drain(IEnumerable<ImageBatch> batches)
    {
        var seen = new List<(byte[], float[], string[])>();
        foreach (DetectionBatch batch in batches)
            using (batch)
                seen.Add((batch.Images.ToArray(), batch.Targets, [.. batch.Samples.Select(s => s.Path)]));
        return seen;
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    public void WorkersChangeNoByte(int workers)
    {
        var set = Set();
        var options = new AugmentOptions { Mixup = 0.3f, Photometric = 0.2f };
        using var alone = new TrainLoader(set, 3, 64, options, 0, seed: 7);
        using var many = new TrainLoader(set, 3, 64, options, workers, seed: 7);
        for (int epoch = 0; epoch < 3; epoch++)
        {
            var a = Drain(alone.Epoch(epoch, epoch < 2));
            var b = Drain(many.Epoch(epoch, epoch < 2));
            Assert.Equal(alone.BatchesPerEpoch, a.Count);
            Assert.Equal(a.Count, b.Count);
            for (int k = 0; k < a.Count; k++)
            {
                Assert.Equal(a[k].Images, b[k].Images);
                Assert.Equal(a[k].Targets, b[k].Targets);
                Assert.Equal(a[k].Paths, b[k].Paths);
            }
        }
    }

    [Fact]
    public void AnEpochHasEachImageOnceInAnOrderOfItsOwn()
    {
        var set = Set();
        using var loader = new TrainLoader(set, 4, 64, new AugmentOptions(), 2, seed: 0);
        var first = Drain(loader.Epoch(0, true)).SelectMany(b => b.Paths).ToList();
        var second = Drain(loader.Epoch(1, true)).SelectMany(b => b.Paths).ToList();
        var again = Drain(loader.Epoch(0, true)).SelectMany(b => b.Paths).ToList();
        Assert.Equal(set.Labels.Select(l => l.Path), first.Order(StringComparer.Ordinal));
        Assert.Equal(set.Labels.Select(l => l.Path), second.Order(StringComparer.Ordinal));
        Assert.NotEqual(first, second);
        Assert.Equal(first, again);

        using var other = new TrainLoader(set, 4, 64, new AugmentOptions(), 0, seed: 1);
        Assert.NotEqual(first, Drain(other.Epoch(0, true)).SelectMany(b => b.Paths));
    }

    [Fact]
    public void TargetsAreNormalisedAndTheLastBatchIsKept()
    {
        using var loader = new TrainLoader(Set(), 4, 64, new AugmentOptions(), 1, seed: 0);
        var sizes = new List<int>();
        foreach (DetectionBatch batch in loader.Epoch(0, true))
            using (batch)
            {
                sizes.Add(batch.N);
                Assert.Equal(batch.N * batch.H * batch.W * 3, batch.Images.Length);
                for (int i = 0; i < batch.TargetCount; i++)
                {
                    var t = batch.Targets.AsSpan(6 * i, 6);
                    Assert.InRange(t[0], 0, batch.N - 1);
                    Assert.InRange(t[1], 0, 1);
                    Assert.InRange(t[2] - t[4] / 2, -1e-6, 1);
                    Assert.InRange(t[2] + t[4] / 2, 0, 1 + 1e-6);
                    Assert.InRange(t[3] - t[5] / 2, -1e-6, 1);
                    Assert.InRange(t[3] + t[5] / 2, 0, 1 + 1e-6);
                }
            }
        Assert.Equal([4, 4, 3], sizes);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public void AnImageThatVanishesIsReportedToTheConsumer(int workers)
    {
        var set = Set(cache: new CacheOptions { KeepBytes = 0 });
        File.Delete(set.Labels[5].Path);
        using var loader = new TrainLoader(set, 3, 64, new AugmentOptions { Mosaic = 0 }, workers, seed: 0);
        var e = Assert.Throws<InputException>(() => Drain(loader.Epoch(0, true)));
        Assert.Contains("005.png", e.Message);
    }

    [Fact]
    public void ABatchBeyondAnArraysSizeIsOneClearLine()
    {
        var set = Set(images: 11, imgsz: 8192, cache: new CacheOptions { KeepBytes = 0 });
        foreach (var make in new Action[]
        {
            () => new TrainLoader(set, 11, 8192, new AugmentOptions(), 0, seed: 0).Dispose(),
            () => new ValLoader(set, int.MaxValue, 8192, rect: false, 0).Dispose(),
        })
            Assert.Equal("11 images at imgsz=8192 take more than 2 GB of pixels; lower batch or imgsz", Assert.Throws<InputException>(make).Message);
        using var fits = new TrainLoader(set, 10, 8192, new AugmentOptions(), 0, seed: 0);
    }

    [Fact]
    public async Task DisposeEndsAWaitingConsumerAndTheThreads()
    {
        var loader = new TrainLoader(Set(), 1, 64, new AugmentOptions(), 2, seed: 0);
        using var first = new SemaphoreSlim(0);
        var consumer = Task.Run(() =>
        {
            foreach (var batch in loader.Epoch(0, true))
            {
                batch.Dispose();
                first.Release();
                loader.Dispose();
            }
        });
        Assert.True(await first.WaitAsync(10_000));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => consumer.WaitAsync(TimeSpan.FromSeconds(10)));
        Assert.Throws<ObjectDisposedException>(() => loader.Epoch(1, true));
    }

    [Fact]
    public void TheFirstBatchIsMadeBeforeAnyoneAsksAndGoesWithTheLoader()
    {
        using var made = new SemaphoreSlim(0);
        var loader = new TrainLoader(Set(), 2, 64, new AugmentOptions(), 1, seed: 0, memory: bytes =>
        {
            made.Release();
            return HostBlock.OfPages(bytes);
        });
        var batches = loader.Epoch(0, true);
        Assert.True(made.Wait(10_000));
        loader.Dispose();
        loader.Dispose();
        Assert.ThrowsAny<OperationCanceledException>(() => Drain(batches));
    }

    [Fact]
    public void AnEpochEndsTheOneBefore()
    {
        using var loader = new TrainLoader(Set(), 2, 64, new AugmentOptions(), 2, seed: 0);
        var first = loader.Epoch(0, true);
        Assert.Equal(6, Drain(loader.Epoch(1, true)).Count);
        Assert.ThrowsAny<OperationCanceledException>(() => Drain(first));
    }

    [Fact]
    public void LeavingTheLoopEarlyEndsTheThreads()
    {
        using var loader = new TrainLoader(Set(), 2, 64, new AugmentOptions(), 3, seed: 0);
        for (int i = 0; i < 20; i++)
            foreach (var batch in loader.Epoch(i, true))
            {
                batch.Dispose();
                break;
            }
        Assert.Equal(6, Drain(loader.Epoch(0, true)).Count);
        Assert.True(loader.WaitSeconds > 0);
    }

    [Theory]
    [InlineData(true, 0)]
    [InlineData(true, 2)]
    [InlineData(false, 2)]
    public void ValidationBoxesLeadBackToTheLabels(bool rect, int workers)
    {
        var set = Set(imgsz: 96);
        using var loader = new ValLoader(set, 4, 96, rect, workers);
        var seen = new List<string>();
        foreach (DetectionBatch batch in loader.All())
            using (batch)
            {
                for (int i = 0; i < batch.TargetCount; i++)
                {
                    float[] t = batch.Targets[(6 * i)..(6 * i + 6)];
                    var info = batch.Samples[(int)t[0]];
                    var labels = set.Labels.Single(l => l.Path == info.Path);
                    float x = (t[2] * batch.W - info.PadX) / info.ScaleX / info.Width, y = (t[3] * batch.H - info.PadY) / info.ScaleY / info.Height;
                    float w = t[4] * batch.W / info.ScaleX / info.Width, h = t[5] * batch.H / info.ScaleY / info.Height;
                    Assert.Contains(labels.Rows, r => r.Class == (int)t[1] && Near(r.X, x) && Near(r.Y, y) && Near(r.W, w) && Near(r.H, h));
                }
                seen.AddRange(batch.Samples.Select(s => s.Path));
            }
        Assert.Equal(set.Labels.Select(l => l.Path), seen.Order(StringComparer.Ordinal));

        static bool Near(float a, float b) => MathF.Abs(a - b) < 1e-4f;
    }

    [Fact]
    public void RectangularShapesFollowTheAspectRatio()
    {
        var yaml = TestPictures.WriteSet(folder, [
            (RgbImage.Filled(40, 80, 1), ""), (RgbImage.Filled(80, 40, 1), ""), (RgbImage.Filled(30, 80, 1), ""), (RgbImage.Filled(80, 20, 1), ""),
            (RgbImage.Filled(80, 80, 1), ""), (RgbImage.Filled(70, 80, 1), "")]);
        var set = DetectionDataset.Open(yaml, "train", 320);
        using var loader = new ValLoader(set, 2, 320, true, 0);
        // Ratios .375 .5 | .875 1 | 2 4: rows ⌈.5·10 + .5⌉, square, columns ⌈.5·10 + .5⌉ strides of 32.
        Assert.Equal([(192, 352), (352, 352), (352, 192)], loader.Shapes);
        using var square = new ValLoader(set, 4, 320, false, 0);
        Assert.Equal([(320, 320), (320, 320)], square.Shapes);
    }

    [SharedFact]
    public void TheSharedValidationSetHasTheReferencesShapes()
    {
        var set = DetectionDataset.Open(DataYaml.Load(Shared.File("data/bccd/data.yaml")), "val", 320);
        using var loader = new ValLoader(set, 32, 320, true, 1);
        Assert.Equal([(256, 352), (256, 352), (256, 352)], loader.Shapes);
        var batch = loader.All().First();
        Assert.Equal((32, 8f, 16f, 0.5f), (batch.N, batch.Samples[0].PadY, batch.Samples[0].PadX, batch.Samples[0].ScaleX));
        Assert.Equal(114, batch.Images[0]);
        Assert.NotEqual(114, batch.Images[(8 * 352 + 16) * 3]);
    }
}
