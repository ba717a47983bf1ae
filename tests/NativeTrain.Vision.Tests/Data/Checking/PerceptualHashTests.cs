using System.Numerics;
using NativeTrain.Vision.Data.Checking;
using Xunit;

namespace NativeTrain.Vision.Tests.Data.Checking;

public sealed class PerceptualHashTests
{
    /// <summary>Brightness that rises to the right sets every bit, at any size; that falls, none.</summary>
    [Theory]
    [InlineData(100, 200)]
    [InlineData(8, 9)]
    [InlineData(3, 300)]
    public void ABitSaysThatTheRightNeighbourIsBrighter(int height, int width)
    {
        var rising = new Images.RgbImage(height, width);
        for (int i = 0; i < rising.Pixels.Length; i++) rising.Pixels[i] = (byte)(255 * (i / 3 % width) / width);
        var falling = new Images.RgbImage(height, width, [.. rising.Pixels.Select(p => (byte)(255 - p))]);
        Assert.Equal(ulong.MaxValue, PerceptualHash.Of(rising));
        Assert.Equal(0UL, PerceptualHash.Of(falling));
    }

    /// <summary>The pairs found by quarters are those found by comparing all with all.</summary>
    [Fact]
    public void AllNearPairsAreFoundOnce()
    {
        var random = new Random(2);
        var hashes = new List<ulong>();
        for (int i = 0; i < 60; i++)
        {
            ulong hash = (ulong)random.NextInt64() << 1 ^ (ulong)random.NextInt64();
            hashes.Add(hash);
            for (int k = 0; k < random.Next(4); k++) // others, 1 to 5 bits away
            {
                ulong other = hash;
                for (int b = random.Next(1, 6); b > 0; b--) other ^= 1UL << random.Next(64);
                hashes.Add(other);
            }
        }
        var expected = from a in Enumerable.Range(0, hashes.Count)
                       from b in Enumerable.Range(a + 1, hashes.Count - a - 1)
                       where BitOperations.PopCount(hashes[a] ^ hashes[b]) <= PerceptualHash.Near
                       select (a, b);
        Assert.True(expected.Count() > 20);
        Assert.Equal(expected, PerceptualHash.NearPairs(hashes).Order());
    }
}
