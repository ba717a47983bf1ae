using NativeTrain.Vision.Detect;
using Xunit;

namespace NativeTrain.Vision.Tests.Detect;

public sealed class MaskOutlineTests
{
    [Fact]
    public void APixelIsItsFourCorners() =>
        Assert.Equal([2, 1, 3, 1, 3, 2, 2, 2], Assert.Single(MaskOutline.All(Mask("....", "..#."))));

    [Fact]
    public void AnLHasSixCorners() =>
        Assert.Equal([0, 0, 1, 0, 1, 1, 2, 1, 2, 2, 0, 2], Assert.Single(MaskOutline.All(Mask("#.", "##"))));

    [Fact]
    public void TheWholePictureIsItsFrame() =>
        Assert.Equal([0, 0, 3, 0, 3, 2, 0, 2], Assert.Single(MaskOutline.All(Mask("###", "###"))));

    [Fact]
    public void PixelsThatTouchAtACornerBelongTogether()
    {
        Assert.Equal(3, PolygonArea.Signed(Assert.Single(MaskOutline.All(Mask("#.#", ".#.")))));
        Assert.Equal(2, PolygonArea.Signed(Assert.Single(MaskOutline.All(Mask(".#", "#.")))));
    }

    [Fact]
    public void PiecesComeByFallingArea()
    {
        var outlines = MaskOutline.All(Mask("#...##", "....##", ".#....", ".#...."));
        Assert.Equal([4, 2, 1], outlines.Select(o => PolygonArea.Signed(o)));
        Assert.Equal(outlines[0], MaskOutline.Largest(Mask("#...##", "....##", ".#....", ".#....")));
    }

    [Fact]
    public void AHoleIsABorderButNoOutline()
    {
        var ring = Mask("#####", "#...#", "#.#.#", "#...#", "#####");
        Assert.Equal([25, -9, 1], MaskOutline.Borders(ring).Select(b => PolygonArea.Signed(b)));
        Assert.Equal([25, 1], MaskOutline.All(ring).Select(o => PolygonArea.Signed(o)));
    }

    [Fact]
    public void AnEmptyMaskHasNone()
    {
        Assert.Empty(MaskOutline.All(new BitMask(4, 4)));
        Assert.Empty(MaskOutline.Largest(new BitMask(4, 4)));
    }

    /// <summary>Borders' signed areas add up to the pixels, whatever the noise.</summary>
    [Theory]
    [InlineData(0.1)]
    [InlineData(0.5)]
    [InlineData(0.9)]
    public void BordersHoldAllPixels(double share)
    {
        var random = new Random(3);
        var mask = new BitMask(40, 70);
        for (int y = 0; y < 40; y++)
            for (int x = 0; x < 70; x++)
                mask[y, x] = random.NextDouble() < share;
        Assert.Equal(mask.Area, MaskOutline.Borders(mask).Sum(b => PolygonArea.Signed(b)));
    }

    /// <summary>An outline before simplification is exact: filled again it is the mask, where that has no holes.</summary>
    [Fact]
    public void AnOutlineFilledIsTheMask()
    {
        foreach (var mask in Blobs())
        {
            var filled = BitMask.FromPolygon(MaskOutline.All(mask)[0], mask.Height, mask.Width);
            Assert.Equal(mask.Area, filled.Area);
            Assert.Equal(1, mask.Iou(filled));
        }
    }

    /// <summary>What a label line keeps, few points, is nearly the mask.</summary>
    [Fact]
    public void TheSimplifiedOutlineIsNearlyTheMask()
    {
        foreach (var mask in Blobs())
        {
            float[] outline = MaskOutline.Largest(mask);
            if (mask.Area > 1000) Assert.True(outline.Length < MaskOutline.All(mask)[0].Length * 0.75, $"{outline.Length / 2} points of {MaskOutline.All(mask)[0].Length / 2}");
            Assert.InRange(mask.Iou(BitMask.FromPolygon(outline, mask.Height, mask.Width)), 0.95f, 1f);
        }
    }

    /// <summary>Discs and ragged shapes r(φ) = r₀·(1 + Σ aₖ·sin(kφ + pₖ)), drawn by their pixels' centres.</summary>
    private static IEnumerable<BitMask> Blobs()
    {
        var random = new Random(11);
        for (int i = 0; i < 40; i++)
        {
            double radius = 6 + i, lobe = i % 2 * 0.12;
            double[] phase = [.. Enumerable.Range(0, 6).Select(_ => random.NextDouble() * Math.Tau)];
            int size = (int)(4 * radius);
            var mask = new BitMask(size, size + 3);
            for (int y = 0; y < size; y++)
                for (int x = 0; x < size; x++)
                {
                    double dx = x + 0.5 - size / 2.0, dy = y + 0.5 - size / 2.0, angle = Math.Atan2(dy, dx);
                    double r = radius * (1 + lobe * Enumerable.Range(2, 4).Sum(k => Math.Sin(k * angle + phase[k])));
                    mask[y, x] = dx * dx + dy * dy < r * r;
                }
            yield return mask;
        }
    }

    private static BitMask Mask(params string[] rows)
    {
        var mask = new BitMask(rows.Length, rows[0].Length);
        for (int y = 0; y < mask.Height; y++)
            for (int x = 0; x < mask.Width; x++)
                mask[y, x] = rows[y][x] == '#';
        return mask;
    }
}
