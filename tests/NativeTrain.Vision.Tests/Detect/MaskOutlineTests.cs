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

    private static BitMask Mask(params string[] rows)
    {
        var mask = new BitMask(rows.Length, rows[0].Length);
        for (int y = 0; y < mask.Height; y++)
            for (int x = 0; x < mask.Width; x++)
                mask[y, x] = rows[y][x] == '#';
        return mask;
    }
}
