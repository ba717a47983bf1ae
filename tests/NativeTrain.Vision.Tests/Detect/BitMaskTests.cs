using NativeTrain.Vision.Detect;
using Xunit;

namespace NativeTrain.Vision.Tests.Detect;

public sealed class BitMaskTests
{
    [Fact]
    public void APixelIsABit()
    {
        var mask = new BitMask(2, 130);
        mask[0, 0] = mask[0, 63] = mask[0, 64] = mask[1, 129] = true;
        Assert.Equal(4, mask.Area);
        Assert.True(mask[0, 63] && mask[0, 64] && mask[1, 129]);
        Assert.False(mask[0, 62] || mask[0, 65] || mask[1, 0]);
        mask[0, 63] = false;
        Assert.Equal(3, mask.Area);
        Assert.Throws<ArgumentOutOfRangeException>(() => mask[0, 130]);
        Assert.Throws<ArgumentOutOfRangeException>(() => mask[2, 0]);
        Assert.Throws<ArgumentOutOfRangeException>(() => mask[0, -1]);
    }

    /// <summary>Every run of every start and end, beyond both ends too, against setting pixel by pixel.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(64)]
    [InlineData(70)]
    [InlineData(129)]
    public void ARunIsItsPixels(int width)
    {
        for (int x1 = -3; x1 <= width + 3; x1++)
            for (int x2 = x1 - 2; x2 <= width + 3; x2 += 3)
            {
                var mask = new BitMask(1, width);
                mask.SetRun(0, x1, x2);
                for (int x = 0; x < width; x++) Assert.Equal(x >= x1 && x < x2, mask[0, x]);
                Assert.Equal(Math.Max(0, Math.Min(x2, width) - Math.Max(x1, 0)), mask.Area);
            }
    }

    [Fact]
    public void MasksComeFromBytesAndOverlapMaps()
    {
        Assert.Equal([(0, 1), (1, 2)], Pixels(BitMask.FromBytes([0, 1, 0, 0, 0, 255], 2, 3)));
        Assert.Equal([(0, 0), (1, 1)], Pixels(BitMask.FromOverlap([2, 1, 0, 1, 2, 0], 2, 3, instance: 2)));
        Assert.Throws<ArgumentException>(() => BitMask.FromBytes([0, 1], 2, 3));
    }

    [Fact]
    public void APolygonCoversThePixelsInsideIt()
    {
        var mask = BitMask.FromPolygon([2, 1, 70, 1, 70, 3, 2, 3], 5, 80);
        Assert.Equal(68 * 2, mask.Area);
        Assert.True(mask[1, 2] && mask[2, 69]);
        Assert.False(mask[0, 2] || mask[3, 2] || mask[1, 1] || mask[1, 70]);
        Assert.Equal(0, BitMask.FromPolygon([], 5, 80).Area);
    }

    /// <summary>Random masks of awkward widths against counts over plain arrays of bool.</summary>
    [Theory]
    [InlineData(1, 1)]
    [InlineData(7, 63)]
    [InlineData(5, 64)]
    [InlineData(9, 65)]
    [InlineData(33, 200)]
    public void AreaIntersectionAndIouAreCounts(int height, int width)
    {
        var random = new Random(height * width);
        for (int trial = 0; trial < 20; trial++)
        {
            byte[] a = Random(), b = Random();
            int both = a.Zip(b, (x, y) => x & y).Sum(), either = a.Zip(b, (x, y) => x | y).Sum();
            BitMask maskA = BitMask.FromBytes(a, height, width), maskB = BitMask.FromBytes(b, height, width);
            Assert.Equal(a.Sum(x => x), maskA.Area);
            Assert.Equal(both, maskA.Intersection(maskB));
            Assert.Equal(either == 0 ? 0 : (float)((double)both / either), maskA.Iou(maskB));
            Assert.Equal(maskA.Iou(maskB), maskB.Iou(maskA));
        }

        byte[] Random()
        {
            double share = random.NextDouble();
            return [.. Enumerable.Range(0, height * width).Select(_ => (byte)(random.NextDouble() < share ? 1 : 0))];
        }
    }

    [Fact]
    public void EmptyMasksHaveNothingInCommon()
    {
        Assert.Equal(0, new BitMask(3, 3).Iou(new BitMask(3, 3)));
        Assert.Throws<ArgumentException>(() => new BitMask(3, 3).Iou(new BitMask(3, 4)));
    }

    private static IEnumerable<(int, int)> Pixels(BitMask mask) =>
        from y in Enumerable.Range(0, mask.Height) from x in Enumerable.Range(0, mask.Width) where mask[y, x] select (y, x);
}
