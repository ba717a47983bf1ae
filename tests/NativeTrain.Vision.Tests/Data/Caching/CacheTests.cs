using NativeTrain.Testing;
using NativeTrain.Vision.Data;
using NativeTrain.Vision.Images;
using Xunit;

namespace NativeTrain.Vision.Tests;

/// <summary>What is kept in memory or on the disk is what would be decoded.</summary>
public sealed class CacheTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly List<string> said = [];

    public void Dispose() => folder.Dispose();

    private CacheOptions With(CacheMode mode) => new() { Mode = mode, Say = said.Add };

    private DataYaml Set() => TestPictures.WriteSet(folder, Enumerable.Range(0, 9).Select(i => (TestPictures.Noise(40 + 3 * i, 80 - 2 * i, i), "0 0.5 0.5 0.4 0.4\n")));

    /// <summary>All bytes of an epoch of training and of a validation.</summary>
    private static byte[] Epoch(DetectionDataset set, int workers)
    {
        using var train = new TrainLoader(set, 4, 64, new AugmentOptions { Mixup = 0.5f }, workers, seed: 5);
        using var val = new ValLoader(set, 4, 64, rect: true, workers);
        return Bytes(train.Epoch(1, true).Concat(val.All()));
    }

    private static byte[] Epoch(ClassifyDataset set, int workers)
    {
        using var train = new ClassifyTrainLoader(set, 4, 32, new ClassifyAugmentOptions(), workers, seed: 5);
        using var val = new ClassifyValLoader(set, 4, 32, 1, workers);
        return Bytes(train.Epoch(1, true).Concat(val.All()));
    }

    private static byte[] Bytes(IEnumerable<ImageBatch> batches)
    {
        var all = new MemoryStream();
        foreach (var batch in batches)
            using (batch)
                all.Write(batch.Images);
        return all.ToArray();
    }

    [Theory]
    [InlineData(CacheMode.Ram, 0)]
    [InlineData(CacheMode.Ram, 3)]
    [InlineData(CacheMode.Disk, 0)]
    [InlineData(CacheMode.Disk, 3)]
    public void EveryCacheGivesTheSameBatches(CacheMode mode, int workers)
    {
        var yaml = Set();
        using var plain = DetectionDataset.Open(yaml, "train", 64, new CacheOptions { KeepBytes = 0 });
        using var cached = DetectionDataset.Open(yaml, "train", 64, With(mode));
        Assert.Equal(Epoch(plain, 0), Epoch(cached, workers));
        using var again = DetectionDataset.Open(yaml, "train", 64, With(mode));
        Assert.Equal(Epoch(plain, 0), Epoch(again, workers));
        Assert.Equal(mode == CacheMode.Disk ? 1 : 2, said.Count(s => s.StartsWith("train: decoding 9 images into ", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData(CacheMode.Ram)]
    [InlineData(CacheMode.Disk)]
    public void EveryCacheGivesAClassifierTheSameBatches(CacheMode mode)
    {
        var folders = ClassifySet.Write(folder);
        using var plain = ClassifyDataset.Open(folders, "train", new CacheOptions { KeepBytes = 0 });
        using var cached = ClassifyDataset.Open(folders, "train", With(mode));
        Assert.Equal(Epoch(plain, 0), Epoch(cached, 2));
        Assert.Equal(mode == CacheMode.Disk, File.Exists(folder.File("train.pixels")));
    }

    /// <summary>The files may go once they are cached: the cache is what is read.</summary>
    [Theory]
    [InlineData(CacheMode.Ram)]
    [InlineData(CacheMode.Disk)]
    public void ACachedImageIsNotDecodedAgain(CacheMode mode)
    {
        var yaml = Set();
        using var plain = DetectionDataset.Open(yaml, "train", 64);
        using var cached = DetectionDataset.Open(yaml, "train", 64, With(mode));
        foreach (var labels in cached.Labels) File.Delete(labels.Path);
        Assert.Equal(Epoch(plain, 0), Epoch(cached, 0));
    }

    [Theory]
    [InlineData(CacheMode.None)]
    [InlineData(CacheMode.Ram)]
    [InlineData(CacheMode.Disk)]
    public void ImagesThatDoNotDecodeAreSkippedByEveryCache(CacheMode mode)
    {
        var yaml = Set();
        string bad = folder.File("images/train/004.png");
        byte[] file = File.ReadAllBytes(bad);
        file.AsSpan(file.AsSpan().IndexOf("IDAT"u8) + 4, 24).Fill(0x77);
        File.WriteAllBytes(bad, file);
        for (int run = 0; run < 2; run++)
        {
            using var set = DetectionDataset.Open(yaml, "train", 64, With(mode));
            Assert.Equal((8, 1), (set.Count, set.SkippedImages));
            Assert.Contains("004.png: cannot decode the image", Assert.Single(set.Problems));
            for (int i = 0; i < set.Count; i++)
            {
                var expected = ImageFile.Load(set.Labels[i].Path);
                var pixels = set.Load(i);
                Assert.Equal(expected.Resize(pixels.Height, pixels.Width).Pixels, pixels.Pixels);
            }
        }
    }

    [Fact]
    public void MemoryThatIsNotThereIsSaidInBothFigures()
    {
        var yaml = Set();
        // Nine pictures of 64 columns with 32 to 64 rows: some 80 KiB, with half as much again 120 KiB.
        using var set = DetectionDataset.Open(yaml, "train", 64, With(CacheMode.Ram) with { FreeMemory = 100_000 });
        Assert.Matches(@"^train: the pixels take 0\.1 MiB, with half as much in reserve 0\.1 MiB, and 0\.1 MiB of memory are free: going on as with cache=false$", Assert.Single(said));
        using var plain = DetectionDataset.Open(yaml, "train", 64);
        Assert.Equal(Epoch(plain, 0), Epoch(set, 0));

        said.Clear();
        using var fits = DetectionDataset.Open(yaml, "train", 64, With(CacheMode.Ram) with { FreeMemory = 200_000 });
        Assert.StartsWith("train: decoding 9 images into 0.1 MiB of memory", Assert.Single(said));
    }

    [Fact]
    public void ADiskThatIsFullIsSaidInBothFigures()
    {
        var yaml = Set();
        using var set = DetectionDataset.Open(yaml, "train", 64, With(CacheMode.Disk) with { FreeDisk = 1000 });
        Assert.Contains("train-64.pixels would take 0.1 MiB, with a tenth in reserve 0.1 MiB, and 0.0 MiB are free on its disk: going on as with cache=false", Assert.Single(said));
        Assert.False(File.Exists(folder.File("train-64.pixels")));
        using var plain = DetectionDataset.Open(yaml, "train", 64);
        Assert.Equal(Epoch(plain, 0), Epoch(set, 0));
    }

    [Fact]
    public unsafe void PixelsInMemoryBeginOnAPageAndStayThere()
    {
        using var set = DetectionDataset.Open(Set(), "train", 64, With(CacheMode.Ram));
        nint first = Address(set, 0);
        Assert.Equal(0, first % 4096);
        nint[] before = [.. Enumerable.Range(0, set.Count).Select(i => Address(set, i))];
        Assert.All(before, a => Assert.Equal(0, a % 64));
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Forced, blocking: true, compacting: true);
        Assert.Equal(before, Enumerable.Range(0, set.Count).Select(i => Address(set, i)));

        static nint Address(DetectionDataset set, int index)
        {
            fixed (byte* p = set.Load(index).Pixels) return (nint)p;
        }
    }

    /// <summary>Pictures of the network's size lie one behind the other: a batch of them is a part of the cache, of any other a copy.</summary>
    [Fact]
    public unsafe void ABatchThatNeedsNoChangeIsTheCachesOwnMemory()
    {
        var yaml = TestPictures.WriteSet(folder, Enumerable.Range(0, 7).Select(i => (TestPictures.Noise(i == 5 ? 40 : 64, 64, i), "0 0.5 0.5 0.4 0.4\n")));
        using var plain = DetectionDataset.Open(yaml, "val", 64);
        using var cached = DetectionDataset.Open(yaml, "val", 64, With(CacheMode.Ram));
        using ValLoader copies = new(plain, 2, 64, rect: false, workers: 0), batches = new(cached, 2, 64, rect: false, workers: 0);
        int first = 0;
        foreach (var (copy, batch) in copies.All().Cast<DetectionBatch>().Zip(batches.All().Cast<DetectionBatch>()))
            using (copy)
            using (batch)
            {
                Assert.True(copy.Images.SequenceEqual(batch.Images));
                Assert.Equal(copy.Samples, batch.Samples);
                Assert.Equal(copy.Targets, batch.Targets);
                Assert.Equal(first != 4, batch.Images.Overlaps(cached.Load(first).Pixels, out int offset) && offset == 0); // pictures 4 and 5
                first += batch.N;
            }
        Assert.Equal(7, first);
    }

    [Theory]
    [InlineData(1, true)]
    [InlineData(0.5, false)]
    public void AClassifiersBatchThatNeedsNoChangeIsTheCachesOwnMemory(double cropFraction, bool whole)
    {
        foreach (string file in new[] { "a/0", "a/1", "b/2" }) File.WriteAllBytes(folder.Nested($"val/{file}.png"), TestPictures.Png(TestPictures.Noise(32, 32, file[2])));
        Directory.CreateDirectory(folder.File("train/a"));
        Directory.CreateDirectory(folder.File("train/b"));
        var folders = ClassifyFolders.Load(folder.Path);
        using var plain = ClassifyDataset.Open(folders, "val");
        using var cached = ClassifyDataset.Open(folders, "val", With(CacheMode.Ram));
        using ClassifyValLoader copies = new(plain, 2, 32, cropFraction, workers: 0), batches = new(cached, 2, 32, cropFraction, workers: 0);
        foreach (var (copy, batch) in copies.All().Zip(batches.All()))
            using (copy)
            using (batch)
            {
                Assert.True(copy.Images.SequenceEqual(batch.Images));
                Assert.Equal(copy.Samples, batch.Samples);
                Assert.Equal(whole, Enumerable.Range(0, 3).Any(i => cached.Load(i).Pixels.Overlaps(batch.Images)));
            }
    }

    [Fact]
    public void WhereTheDeviceRefusesMemoryOrdinaryMemoryServes()
    {
        var yaml = Set();
        var refuses = With(CacheMode.Ram) with { Memory = bytes => throw new InsufficientMemoryException($"{bytes} bytes cannot be pinned") };
        using var plain = DetectionDataset.Open(yaml, "val", 64);
        using var cached = DetectionDataset.Open(yaml, "val", 64, refuses);
        Assert.Equal(Epoch(plain, 0), Epoch(cached, 0));
        Assert.Matches("^val: [0-9]+ bytes cannot be pinned: the rest of the pixels lies in ordinary memory", said[0]);
        Assert.StartsWith("val: decoding 9 images into", said[1]);
    }

    [Theory]
    [InlineData(CacheMode.Ram)]
    [InlineData(CacheMode.Disk)]
    public void AClosedSetSaysSo(CacheMode mode)
    {
        var set = DetectionDataset.Open(Set(), "train", 64, With(mode));
        set.Dispose();
        Assert.Throws<ObjectDisposedException>(() => { set.Load(0); });
    }
}
