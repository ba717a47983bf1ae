using NativeTrain.Testing;
using NativeTrain.Vision.Data;
using NativeTrain.Vision.Images;
using Xunit;

namespace NativeTrain.Vision.Tests;

/// <summary>Each strength alone does what its name says, and as much as its number says.</summary>
public sealed class AugmentOptionTests : IDisposable
{
    private const int Size = 128;
    private readonly TemporaryFolder folder = new();
    private readonly DetectionDataset set;

    public AugmentOptionTests()
    {
        // Noise, and a rectangle's outline from (16, 32) to (64, 56).
        var yaml = TestPictures.WriteSet(folder, [(TestPictures.Noise(Size, Size), "0 0.125 0.25 0.5 0.25 0.5 0.4375 0.125 0.4375\n")]);
        set = DetectionDataset.Open(yaml, "train", Size, options: new DetectionSetOptions { Masks = true });
    }

    public void Dispose() => folder.Dispose();

    private (byte[] Pixels, List<PixelBox> Boxes) Sample(AugmentOptions options, int epoch = 0, bool mosaic = true)
    {
        var pixels = new byte[Size * Size * 3];
        var boxes = new List<PixelBox>();
        var random = new SampleRandom(0, epoch, 0);
        new Augmenter(set, options).Make(0, ref random, mosaic, pixels, boxes);
        return (pixels, boxes);
    }

    /// <summary>The outline in fifty samples; the samples whose outline is cut are left out.</summary>
    private List<float[]> Outlines(AugmentOptions options) =>
        [.. Enumerable.Range(0, 50).Select(e => Sample(options, e).Boxes).Where(b => b.Count == 1).Select(b => b[0].Polygon!).Where(p => p.Length == 8)];

    /// <summary>Direction of the edge from corner i to the next, in degrees.</summary>
    private static double Angle(float[] p, int i) => Math.Atan2(p[(2 * i + 3) % 8] - p[2 * i + 1], p[(2 * i + 2) % 8] - p[2 * i]) * 180 / Math.PI;

    private static double Length(float[] p, int i) => Math.Sqrt(Math.Pow(p[(2 * i + 3) % 8] - p[2 * i + 1], 2) + Math.Pow(p[(2 * i + 2) % 8] - p[2 * i], 2));

    [Fact]
    public void DegreesTurn()
    {
        var angles = Outlines(AugmentOptions.None with { Degrees = 25 }).ConvertAll(p => Angle(p, 0));
        Assert.All(angles, a => Assert.InRange(a, -25, 25));
        Assert.True(angles.Min() < -15 && angles.Max() > 15);
    }

    [Fact]
    public void ShearSlants()
    {
        // Of the upright angle between neighbouring edges something is missing: the sum of both shears at most.
        var slants = Outlines(AugmentOptions.None with { Shear = 10 }).ConvertAll(p => Angle(p, 1) - Angle(p, 0) - 90);
        Assert.All(slants, s => Assert.InRange(s, -20.1, 20.1));
        Assert.True(slants.Min() < -5 && slants.Max() > 5);
    }

    [Fact]
    public void PerspectiveMakesOppositeSidesUnequal()
    {
        var ratios = Outlines(AugmentOptions.None with { Perspective = 0.001f }).ConvertAll(p => Length(p, 0) / Length(p, 2));
        Assert.All(ratios, r => Assert.InRange(r, 0.9, 1.1));
        Assert.True(ratios.Min() < 0.985 && ratios.Max() > 1.015);
    }

    [Fact]
    public void ScaleResizes()
    {
        var widths = Outlines(AugmentOptions.None with { Scale = 0.5f }).ConvertAll(p => Length(p, 0) / 48);
        Assert.All(widths, w => Assert.InRange(w, 0.5, 1.5));
        Assert.True(widths.Min() < 0.7 && widths.Max() > 1.3);
    }

    [Fact]
    public void TranslateShifts()
    {
        var shifts = Outlines(AugmentOptions.None with { Translate = 0.1f }).ConvertAll(p => (X: p[0] - 16, Y: p[1] - 32));
        Assert.All(shifts, s => Assert.True(Math.Abs(s.X) <= 12.9 && Math.Abs(s.Y) <= 12.9));
        Assert.True(shifts.Min(s => s.X) < -6 && shifts.Max(s => s.Y) > 6);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void FlipsMirrorPixelsAndOutlines(bool vertical)
    {
        var (plain, _) = Sample(AugmentOptions.None);
        var (flipped, boxes) = Sample(vertical ? AugmentOptions.None with { FlipUd = 1 } : AugmentOptions.None with { FlipLr = 1 });
        NativeImage.Flip(plain, Size, Size, !vertical, vertical);
        Assert.Equal(plain, flipped);
        Assert.Equal(vertical ? (16f, 72f, 64f, 96f) : (64f, 32f, 112f, 56f), (boxes[0].X1, boxes[0].Y1, boxes[0].X2, boxes[0].Y2));
        Assert.Equal((boxes[0].X1, boxes[0].Y1, boxes[0].X2, boxes[0].Y2), Outline.Bounds(boxes[0].Polygon));
    }

    [Fact]
    public void BgrSwapsRedAndBlue()
    {
        var (plain, _) = Sample(AugmentOptions.None);
        var (swapped, _) = Sample(AugmentOptions.None with { Bgr = 1 });
        Assert.Equal((plain[0], plain[1], plain[2]), (swapped[2], swapped[1], swapped[0]));
        Assert.NotEqual(plain, swapped);
    }

    [Fact]
    public void CopyPasteAddsAMirrorImageWhereThereIsRoom()
    {
        var (plain, _) = Sample(AugmentOptions.None);
        var (pasted, boxes) = Sample(AugmentOptions.None with { CopyPaste = 1 });
        Assert.Equal(2, boxes.Count);
        Assert.Equal((64f, 32f, 112f, 56f), (boxes[1].X1, boxes[1].Y1, boxes[1].X2, boxes[1].Y2));
        for (int y = 0; y < Size; y++)
            for (int x = 0; x < Size; x++)
            {
                bool copy = x is >= 64 and < 112 && y is >= 32 and < 56;
                Assert.Equal(plain[(y * Size + (copy ? Size - 1 - x : x)) * 3], pasted[(y * Size + x) * 3]);
            }
        Assert.Single(Sample(AugmentOptions.None with { CopyPaste = 1 }, mosaic: false).Boxes);
        int count = Enumerable.Range(0, 200).Count(e => Sample(AugmentOptions.None with { CopyPaste = 0.3f }, e).Boxes.Count == 2);
        Assert.InRange(count, 40, 80);
    }

    [Theory]
    [InlineData(32, false)]                            // at 32 … 72, and the copy at 56 … 96: 40 % of it
    [InlineData(28, true)]                             // at 28 … 68, and the copy at 60 … 100: 20 %
    public void NoCopyHidesWhatIsThere(int left, bool room)
    {
        var canvas = new byte[Size * Size * 3];
        var boxes = new List<PixelBox> { new(0, left, 10, left + 40, 40, Outline.Rectangle(left, 10, left + 40, 40)) };
        var random = new SampleRandom(0, 0, 0);
        new CopyPaste().Apply(1, ref random, canvas, Size, Size, boxes);
        Assert.Equal(room ? 2 : 1, boxes.Count);
    }

    [Fact]
    public void TheClosingEpochsShowSinglePictures()
    {
        var options = AugmentOptions.None with { Mosaic = 1, Mixup = 1 };
        Assert.Equal(Sample(AugmentOptions.None).Pixels, Sample(options, mosaic: false).Pixels);
        Assert.NotEqual(Sample(AugmentOptions.None).Pixels, Sample(options).Pixels);
    }
}
