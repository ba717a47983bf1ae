using NativeTrain.Core;
using NativeTrain.Testing;
using NativeTrain.Vision.Data;
using NativeTrain.Vision.Images;
using Xunit;

namespace NativeTrain.Vision.Tests;

public sealed class DetectionDatasetTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void BadImagesAndRowsAreListedAndSkipped()
    {
        var yaml = TestPictures.WriteSet(folder, [
            (TestPictures.Noise(30, 40), "0 0.5 0.5 0.2 0.2\n9 0.5 0.5 0.2 0.2\n"),
            (TestPictures.Noise(30, 40), ""),
            (TestPictures.Noise(30, 40), "1 0.5 0.5 0.2 0.2\n")]);
        string cut = folder.Nested("images/train/002.png");
        File.WriteAllBytes(cut, File.ReadAllBytes(cut)[..500]);

        var set = DetectionDataset.Open(yaml, "train", 32);
        Assert.Equal((2, 1, 1, 1), (set.Count, set.SkippedImages, set.Backgrounds, set.Instances));
        Assert.Equal((30, 40), (set.Labels[0].Height, set.Labels[0].Width));
        Assert.Equal(2, set.Problems.Count);
        Assert.Contains("000.txt:2: class 9", set.Problems[0]);
        Assert.Contains("002.png: unreadable image: truncated PNG", set.Problems[1]);
    }

    /// <summary>A picture whose header is sound and whose pixels cannot be decoded.</summary>
    private static byte[] Damaged(string kind)
    {
        bool png = kind == "png";
        byte[] file = png ? TestPictures.Png(TestPictures.Noise(30, 40)) : TestPictures.Jpeg(TestPictures.Noise(30, 40));
        // The compressed stream's first bytes; the bits a sample, 12 being more than decoders take.
        int at = file.AsSpan().IndexOf(png ? "IDAT"u8 : [0xFF, 0xC0]) + 4;
        file.AsSpan(at, png ? 24 : 1).Fill(png ? (byte)0x77 : (byte)12);
        return file;
    }

    [Theory]
    [InlineData("png")]
    [InlineData("jpg")]
    public void AnImageWhosePixelsDoNotDecodeIsListedAndSkipped(string kind)
    {
        var yaml = TestPictures.WriteSet(folder, Enumerable.Range(0, 4).Select(i => (TestPictures.Noise(30, 40, i), $"0 0.5 0.5 0.2 0.{i + 2}\n")));
        string bad = folder.Nested($"images/train/001b.{kind}");
        File.WriteAllBytes(bad, Damaged(kind));
        folder.Write("labels/train/001b.txt", "0 0.5 0.5 0.2 0.2\n9 0.5 0.5 0.2 0.2\n");
        Assert.Equal((30, 40), ImageFile.ReadSize(bad));

        var set = DetectionDataset.Open(yaml, "train", 32);
        Assert.Equal((4, 1, 4), (set.Count, set.SkippedImages, set.Instances));
        Assert.Equal(["000.png", "001.png", "002.png", "003.png"], set.Labels.Select(l => Path.GetFileName(l.Path)));
        string problem = Assert.Single(set.Problems);
        Assert.Contains($"001b.{kind}: cannot decode the image", problem);
        for (int i = 0; i < 4; i++)
            Assert.Equal(ImageFile.Load(set.Labels[i].Path).Resize(24, 32).Pixels, set.Load(i).Pixels);

        // Beyond the cache's room nothing is decoded ahead of its use.
        var plain = DetectionDataset.Open(yaml, "train", 32, cache: new CacheOptions { KeepBytes = 3 * 24 * 32 * 3 });
        Assert.Equal((4, 1), (plain.Count, plain.SkippedImages));
        plain = DetectionDataset.Open(yaml, "train", 32, cache: new CacheOptions { KeepBytes = 2 * 24 * 32 * 3 });
        Assert.Equal((5, 0), (plain.Count, plain.SkippedImages));
        Assert.Contains(bad, Assert.Throws<InputException>(() => plain.Load(2)).Message);
    }

    [Fact]
    public void ASetWhereNothingDecodesIsAnError()
    {
        var yaml = TestPictures.WriteSet(folder, [(TestPictures.Noise(30, 40), "")]);
        File.WriteAllBytes(folder.File("images/train/000.png"), Damaged("png"));
        var e = Assert.Throws<InputException>(() => DetectionDataset.Open(yaml, "train", 32));
        Assert.Contains("none of the 1 images", e.Message);
        Assert.Contains("cannot decode", e.Message);
    }

    [Fact]
    public void FilesOfOtherKindsAreCounted()
    {
        var yaml = TestPictures.WriteSet(folder, [(TestPictures.Noise(30, 40), "0 0.5 0.5 0.2 0.2\n")]);
        foreach (string name in new[] { "a.webp", "sub/b.TIF", "notes.txt" }) folder.Write($"images/train/{name}", "");
        var set = DetectionDataset.Open(yaml, "train", 32);
        Assert.Equal((1, 0), (set.Count, set.SkippedImages));
        Assert.EndsWith("2 files ignored: not .jpg, .jpeg, .png or .bmp", Assert.Single(set.Problems));
    }

    [Fact]
    public void ASetWithNothingLeftIsAnError()
    {
        var yaml = TestPictures.WriteSet(folder, [(TestPictures.Noise(30, 40), "")]);
        folder.Write("images/train/000.png", "no picture");
        var e = Assert.Throws<InputException>(() => DetectionDataset.Open(yaml, "train", 32));
        Assert.Contains("none of the 1 images", e.Message);
        Assert.Contains("000.png", e.Message);
    }

    [Theory]
    [InlineData(480, 640, 320, 240, 320)]
    [InlineData(427, 640, 320, 214, 320)]       // 213.5 rounded up
    [InlineData(100, 33, 320, 320, 106)]        // 105.6 rounded up, enlarged
    [InlineData(64, 64, 64, 64, 64)]
    public void TheLongSideIsResized(int h, int w, int imgsz, int height, int width)
    {
        var yaml = TestPictures.WriteSet(folder, [(RgbImage.Filled(h, w, 9), "")]);
        var set = DetectionDataset.Open(yaml, "train", imgsz);
        var image = set.Load(0);
        Assert.Equal((height, width), (image.Height, image.Width));
    }

    [Fact]
    public void TheCacheKeepsToItsBudget()
    {
        var yaml = TestPictures.WriteSet(folder, Enumerable.Range(0, 4).Select(i => (TestPictures.Noise(32, 32, i), "")));
        var cached = DetectionDataset.Open(yaml, "train", 32, cache: new CacheOptions { KeepBytes = 2 * 32 * 32 * 3 });
        var plain = DetectionDataset.Open(yaml, "train", 32, cache: new CacheOptions { KeepBytes = 0 });
        for (int pass = 0; pass < 2; pass++)
            for (int i = 0; i < 4; i++)
                Assert.Equal(plain.Load(i).Pixels, cached.Load(i).Pixels);
        Assert.True(cached.Load(1).Pixels == cached.Load(1).Pixels);             // the same memory, not only equal bytes
        Assert.False(cached.Load(2).Pixels == cached.Load(2).Pixels);
        Assert.False(plain.Load(0).Pixels == plain.Load(0).Pixels);
    }

    [SharedFact]
    public void TheSharedSetsHaveTheirBoxes()
    {
        var yaml = DataYaml.Load(Shared.File("data/bccd/data.yaml"));
        foreach (var (split, boxes) in new[] { ("train", 2804), ("val", 1137), ("test", 945) })
        {
            var set = DetectionDataset.Open(yaml, split, 320);
            Assert.All(set.Problems, p => Assert.Contains("duplicate", p));
            Assert.InRange(set.Instances, boxes - 10, boxes);
        }
        var coco = DetectionDataset.Open(DataYaml.Load(Shared.File("data/coco8-seg/data.yaml")), "train", 320);
        Assert.Equal(4, coco.Count);
        Assert.All(coco.Labels.SelectMany(l => l.Rows), r => Assert.NotNull(r.Polygon));
    }
}
