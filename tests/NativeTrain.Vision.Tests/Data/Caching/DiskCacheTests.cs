using NativeTrain.Testing;
using NativeTrain.Vision.Data;
using NativeTrain.Vision.Images;
using Xunit;

namespace NativeTrain.Vision.Tests;

/// <summary>A cache file that does not fit the set, or is damaged, is made anew; killed and parallel runs do no harm.</summary>
public sealed class DiskCacheTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly List<string> said = [];
    private readonly DataYaml yaml;

    public DiskCacheTests() =>
        yaml = TestPictures.WriteSet(folder, Enumerable.Range(0, 5).Select(i => (TestPictures.Noise(50 + i, 64, i), "0 0.5 0.5 0.4 0.4\n")));

    public void Dispose() => folder.Dispose();

    private string Cache => folder.File("train-64.pixels");

    private DetectionDataset Open(int imgsz = 64) => DetectionDataset.Open(yaml, "train", imgsz, new CacheOptions { Mode = CacheMode.Disk, Say = said.Add });

    /// <summary>Opens the set, compares every pixel with the image files, and tells what was said.</summary>
    private List<string> Check()
    {
        said.Clear();
        using var set = Open();
        for (int i = 0; i < set.Count; i++)
        {
            var pixels = set.Load(i);
            Assert.Equal(ImageFile.Load(set.Labels[i].Path).Resize(pixels.Height, pixels.Width).Pixels, pixels.Pixels);
        }
        return [.. said];
    }

    private const string Making = "train: decoding 5 images into ";

    [Fact]
    public void TheSecondRunDecodesNothing()
    {
        Assert.StartsWith(Making, Assert.Single(Check()));
        Assert.Empty(Check());
        Assert.Equal([Cache], Directory.GetFiles(folder.Path, "*pixels*"));
    }

    [Theory]
    [InlineData("cut", "cut short")]
    [InlineData("empty", "cut short")]
    [InlineData("longer", "cut short")]
    [InlineData("index", "damaged")]
    [InlineData("header", "damaged")]
    [InlineData("offset", "damaged")]
    [InlineData("magic", "not a file of pixels")]
    [InlineData("version", "of another version")]
    public void ADamagedFileIsMadeAnew(string damage, string reason)
    {
        Check();
        byte[] file = File.ReadAllBytes(Cache);
        File.WriteAllBytes(Cache, damage switch
        {
            "cut" => file[..^1],
            "empty" => [],
            "longer" => [.. file, 0],
            "index" => Flipped(file.Length - 20),
            "header" => Flipped(50),
            "offset" => Flipped(23),
            "magic" => Flipped(0),
            _ => Flipped(8),
        });
        var lines = Check();
        Assert.Equal(2, lines.Count);
        Assert.Equal($"train: {Cache} is not used: {reason}", lines[0]);
        Assert.StartsWith(Making, lines[1]);
        Assert.Empty(Check());

        byte[] Flipped(int at)
        {
            file[at] ^= 0x80;
            return file;
        }
    }

    [Fact]
    public void DamagedPixelsAreDecodedAgain()
    {
        Check();
        byte[] file = File.ReadAllBytes(Cache);
        file[4096 + 100] ^= 1;
        File.WriteAllBytes(Cache, file);
        Assert.Empty(Check());
    }

    [Fact]
    public void AnEditedImageMakesTheFileStale()
    {
        Check();
        File.WriteAllBytes(folder.File("images/train/003.png"), TestPictures.Png(TestPictures.Noise(53, 64, seed: 99)));
        Assert.Contains("003.png has changed", Check()[0]);
        Assert.Empty(Check());

        // The same bytes, written at another time.
        File.SetLastWriteTimeUtc(folder.File("images/train/002.png"), DateTime.UtcNow.AddDays(-1));
        Assert.Contains("002.png has changed", Check()[0]);
    }

    [Fact]
    public void AddedAndRemovedImagesMakeTheFileStale()
    {
        Check();
        File.WriteAllBytes(folder.File("images/train/9.png"), TestPictures.Png(TestPictures.Noise(53, 64, seed: 99)));
        Assert.Contains("it holds 5 images, the set has 6", Check()[0]);
        File.Delete(folder.File("images/train/000.png"));
        Assert.Contains("001.png is new, or another image is gone", Check()[0]);
        Assert.Empty(Check());
    }

    [Fact]
    public void EachSizeHasAFileOfItsOwn()
    {
        Check();
        using (Open(imgsz: 32)) { }
        Assert.True(File.Exists(folder.File("train-32.pixels")));
        Assert.Empty(Check());
    }

    [Fact]
    public void ASetMayMoveWithItsFile()
    {
        Check();
        Directory.CreateDirectory(folder.File("moved"));
        foreach (string part in new[] { "images", "labels" }) Directory.Move(folder.File(part), folder.File($"moved/{part}"));
        foreach (string part in new[] { "data.yaml", "train-64.pixels" }) File.Move(folder.File(part), folder.File($"moved/{part}"));
        said.Clear();
        using var set = DetectionDataset.Open(DataYaml.Load(folder.File("moved/data.yaml")), "train", 64, new CacheOptions { Mode = CacheMode.Disk, Say = said.Add });
        Assert.Empty(said);
        Assert.Equal(5, set.Count);
    }

    /// <summary>What a run that was killed while it wrote leaves: half a file under another name.</summary>
    [Fact]
    public void WhatAKilledRunLeftIsRemoved()
    {
        string left = Cache + ".4711.0123456789abcdef0123456789abcdef.tmp";
        File.WriteAllBytes(left, new byte[1000]);
        Assert.StartsWith(Making, Assert.Single(Check()));
        Assert.False(File.Exists(left));
        Assert.Empty(Check());
    }

    [Fact]
    public void WhatALivingRunWritesIsLeftAlone()
    {
        string busy = Cache + ".4711.0123456789abcdef0123456789abcdef.tmp";
        using (new FileStream(busy, FileMode.CreateNew, FileAccess.Write, FileShare.None))
        {
            Check();
            Assert.True(File.Exists(busy));
        }
    }

    [Fact]
    public void ParallelRunsAllGetTheirPixels()
    {
        var sets = new DetectionDataset[6];
        Parallel.For(0, sets.Length, i => sets[i] = DetectionDataset.Open(yaml, "train", 64, new CacheOptions { Mode = CacheMode.Disk }));
        foreach (var set in sets)
            using (set)
                for (int i = 0; i < set.Count; i++)
                {
                    var pixels = set.Load(i);
                    Assert.Equal(ImageFile.Load(set.Labels[i].Path).Resize(pixels.Height, pixels.Width).Pixels, pixels.Pixels);
                }
        Assert.Empty(Check());
        Assert.Equal([Cache], Directory.GetFiles(folder.Path, "*pixels*"));
    }

    [Fact]
    public void AReplacedFileKeepsServingTheRunThatMappedIt()
    {
        using var early = Open();
        byte[] before = early.Load(3).Pixels.ToArray();
        File.WriteAllBytes(folder.File("images/train/003.png"), TestPictures.Png(TestPictures.Noise(53, 64, seed: 99)));
        Check();
        Assert.Equal(before, early.Load(3).Pixels);
    }

    /// <summary>Root may write everywhere, so a folder that cannot take files is one that is not there.</summary>
    [Fact]
    public void WhereTheSetsFolderTakesNoFilesTheUsersCacheFolderDoes()
    {
        string home = folder.File("home"), wanted = Path.Combine("/proc/nativetrain", "train-64.pixels");
        string? before = Environment.GetEnvironmentVariable("XDG_CACHE_HOME");
        Environment.SetEnvironmentVariable("XDG_CACHE_HOME", home);
        try
        {
            Assert.False(CachePlace.IsWritable(wanted));
            Assert.True(CachePlace.IsWritable(Cache));
            PixelSource[] sources = [.. Directory.GetFiles(folder.File("images/train")).Order().Select(path => new PixelSource(path, 32, 32))];
            for (int run = 0; run < 2; run++)
            {
                var (store, faults) = PixelStore.Open(sources, "train", wanted, new CacheOptions { Mode = CacheMode.Disk, Say = said.Add });
                using (store)
                    Assert.Equal(ImageFile.Load(sources[1].Path).Resize(32, 32).Pixels, store.Load(1).Pixels);
                Assert.All(faults, Assert.Null);
            }
            Assert.StartsWith(Making, Assert.Single(said));
            Assert.Single(Directory.GetFiles(home, "train-64.pixels", SearchOption.AllDirectories));
        }
        finally
        {
            Environment.SetEnvironmentVariable("XDG_CACHE_HOME", before);
        }
    }
}
