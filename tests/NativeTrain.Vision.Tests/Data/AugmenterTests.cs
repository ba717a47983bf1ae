using NativeTrain.Testing;
using NativeTrain.Vision.Data;
using NativeTrain.Vision.Images;
using Xunit;

namespace NativeTrain.Vision.Tests;

public sealed class AugmenterTests : IDisposable
{
    private const int Size = 128;
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    private static readonly AugmentOptions Geometry = AugmentOptions.None with
    {
        Mosaic = 1, Translate = 0.1f, Scale = 0.5f, FlipLr = 0.5f, FlipUd = 0.3f,
    };

    /// <summary>Grey pictures of several sizes, each with one green rectangle that its label is tight around.</summary>
    private DetectionDataset Rectangles(bool polygons = false)
    {
        var items = Enumerable.Range(0, 6).Select(i =>
        {
            int h = 90 + 20 * i, w = 160 - 15 * i;
            var image = RgbImage.Filled(h, w, 60);
            int x1 = 20 + 3 * i, y1 = 15 + 4 * i, x2 = x1 + 40, y2 = y1 + 50 - 5 * i;
            TestPictures.Fill(image, x1, y1, x2, y2, 0, 255, 0);
            double left = (double)x1 / w, right = (double)x2 / w, top = (double)y1 / h, bottom = (double)y2 / h;
            string label = polygons
                ? $"0 {left} {top} {right} {top} {right} {bottom} {left} {bottom}"
                : $"0 {(left + right) / 2} {(top + bottom) / 2} {right - left} {bottom - top}";
            return (image, label);
        });
        return DetectionDataset.Open(TestPictures.WriteSet(folder, items), "train", Size);
    }

    private static bool Green(ReadOnlySpan<byte> pixels, int y, int x) =>
        pixels[(y * Size + x) * 3 + 1] > 160 && pixels[(y * Size + x) * 3] < 90;

    /// <summary>Every box's inside is green, a ring two pixels outside it is not (where no other box is near).</summary>
    private static int CheckBoxes(ReadOnlySpan<byte> pixels, List<PixelBox> boxes)
    {
        int ring = 0;
        foreach (var box in boxes)
        {
            int x1 = (int)MathF.Ceiling(box.X1 + 1), y1 = (int)MathF.Ceiling(box.Y1 + 1), x2 = (int)box.X2 - 1, y2 = (int)box.Y2 - 1;
            for (int y = y1; y < y2; y++)
                for (int x = x1; x < x2; x++)
                    Assert.True(Green(pixels, y, x), $"({x},{y}) of {box} is not green");

            bool alone = boxes.All(o => o.Equals(box) || o.X1 > box.X2 + 6 || o.X2 < box.X1 - 6 || o.Y1 > box.Y2 + 6 || o.Y2 < box.Y1 - 6);
            if (!alone) continue;
            int middleX = (x1 + x2) / 2, middleY = (y1 + y2) / 2;
            foreach (var (y, x) in new[] { ((int)box.Y1 - 3, middleX), ((int)box.Y2 + 3, middleX), (middleY, (int)box.X1 - 3), (middleY, (int)box.X2 + 3) })
            {
                if (y < 0 || x < 0 || y >= Size || x >= Size) continue;
                Assert.False(Green(pixels, y, x), $"({x},{y}) beyond {box} is green");
                ring++;
            }
        }
        return ring;
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, false)]
    [InlineData(true, true)]
    public void BoxesStayOnTheirObjects(bool mosaic, bool polygons)
    {
        var augmenter = new Augmenter(Rectangles(polygons), Geometry);
        var pixels = new byte[Size * Size * 3];
        var boxes = new List<PixelBox>();
        int seen = 0, ring = 0;
        for (int i = 0; i < 60; i++)
        {
            var random = new SampleRandom(0, i, i % 6);
            augmenter.Make(i % 6, ref random, mosaic, pixels, boxes);
            Assert.All(boxes, b => Assert.True(b.X1 >= 0 && b.Y1 >= 0 && b.X2 <= Size && b.Y2 <= Size && b.Width > 2 && b.Height > 2));
            ring += CheckBoxes(pixels, boxes);
            seen += boxes.Count;
        }
        Assert.True(seen > 55, $"{seen} boxes");
        Assert.True(ring > 60, $"{ring} outer points");
    }

    [Fact]
    public void UnderRotationShearAndPerspectiveTheBoxHoldsTheObject()
    {
        var augmenter = new Augmenter(Rectangles(), Geometry with { Degrees = 30, Shear = 10, Perspective = 0.0005f });
        var pixels = new byte[Size * Size * 3];
        var boxes = new List<PixelBox>();
        int green = 0;
        for (int i = 0; i < 40; i++)
        {
            var random = new SampleRandom(1, i, i % 6);
            augmenter.Make(i % 6, ref random, i % 2 == 0, pixels, boxes);
            foreach (var box in boxes) Assert.True(box.X1 >= 0 && box.Y1 >= 0 && box.X2 <= Size && box.Y2 <= Size && box.Width > 2 && box.Height > 2, $"{box}");
            // What is green lies in some box, save for the small remains whose boxes were dropped.
            for (int y = 0; y < Size; y++)
                for (int x = 0; x < Size; x++)
                {
                    if (!Green(pixels, y, x)) continue;
                    green++;
                    bool inside = boxes.Any(b => x + 1.5 >= b.X1 && x - 0.5 <= b.X2 && y + 1.5 >= b.Y1 && y - 0.5 <= b.Y2);
                    bool remains = x < 16 || y < 16 || x >= Size - 16 || y >= Size - 16;
                    Assert.True(inside || remains, $"({x},{y}) of sample {i} is in no box");
                }
        }
        Assert.True(green > 1000);
    }

    [Fact]
    public void WithoutAugmentationThePictureIsTheLetterbox()
    {
        var set = Rectangles();
        var pixels = new byte[Size * Size * 3];
        var expected = new byte[Size * Size * 3];
        var boxes = new List<PixelBox>();
        for (int i = 0; i < set.Count; i++)
        {
            var random = new SampleRandom(0, 0, i);
            new Augmenter(set, AugmentOptions.None).Make(i, ref random, true, pixels, boxes);
            var image = set.Load(i);
            Letterbox.Place(image, expected, Size, Size, "", image.Height, image.Width);
            Assert.Equal(expected, pixels);
        }
    }

    [Fact]
    public void MixupBringsBothPicturesBoxes()
    {
        var set = Rectangles();
        var pixels = new byte[Size * Size * 3];
        var boxes = new List<PixelBox>();
        var random = new SampleRandom(0, 0, 0);
        new Augmenter(set, AugmentOptions.None with { Mixup = 1 }).Make(0, ref random, true, pixels, boxes);
        Assert.Equal(2, boxes.Count);
        Assert.All(boxes, b => Assert.InRange(pixels[((int)(b.Y1 + b.Y2) / 2 * Size + (int)(b.X1 + b.X2) / 2) * 3 + 1], 90, 255));
        new Augmenter(set, AugmentOptions.None with { Mixup = 1 }).Make(0, ref random, false, pixels, boxes);
        Assert.Single(boxes);
    }

    [Fact]
    public void NoiseIsRareAndKeepsAFlatPicture()
    {
        var image = RgbImage.Filled(40, 56, 90);
        PhotometricNoise.BoxBlur(image.Pixels, 40, 56, 3);
        PhotometricNoise.MedianBlur(image.Pixels, 40, 56, 2);
        PhotometricNoise.Grey(image.Pixels);
        Assert.All(image.Pixels, p => Assert.Equal(90, p));

        // A lone bright pixel is spread by the mean and removed by the median.
        var spot = RgbImage.Filled(9, 9, 0);
        TestPictures.Fill(spot, 4, 4, 5, 5, 90, 90, 90);
        var mean = new RgbImage(9, 9, [.. spot.Pixels]);
        PhotometricNoise.BoxBlur(mean.Pixels, 9, 9, 1);
        Assert.Equal(9, mean.Pixels.Count(p => p == 10) / 3);
        PhotometricNoise.MedianBlur(spot.Pixels, 9, 9, 1);
        Assert.All(spot.Pixels, p => Assert.Equal(0, p));

        // Equalisation widens a narrow range of greys.
        var ramp = new RgbImage(64, 64);
        for (int i = 0; i < ramp.Pixels.Length; i++) ramp.Pixels[i] = (byte)(100 + i / 3 % 64 / 4);
        LocalContrast.Apply(ramp.Pixels, 64, 64, 4);
        Assert.True(ramp.Pixels.Max() - ramp.Pixels.Min() > 15);
    }

    [SharedFact]
    public void RealBoxesSurviveAsOftenAsTheyShould()
    {
        // On average an affine mosaic keeps about one picture's worth of boxes: 4 pictures on 4 times the area, cropped to one.
        var set = DetectionDataset.Open(DataYaml.Load(Shared.File("data/bccd/data.yaml")), "train", 160);
        var augmenter = new Augmenter(set, new AugmentOptions());
        var pixels = new byte[160 * 160 * 3];
        var boxes = new List<PixelBox>();
        int total = 0;
        for (int i = 0; i < 60; i++)
        {
            var random = new SampleRandom(0, 0, i);
            augmenter.Make(i, ref random, true, pixels, boxes);
            total += boxes.Count;
            Assert.All(boxes, b => Assert.InRange(b.Class, 0, 2));
        }
        double perImage = (double)set.Instances / set.Count;
        Assert.InRange(total / 60.0, 0.8 * perImage, 3 * perImage);
    }
}
