using NativeTrain.Vision.Detect;
using Xunit;

namespace NativeTrain.Vision.Tests.Detect;

public sealed class PolygonJoinTests
{
    [Fact]
    public void OnePieceIsItself() => Assert.Equal([1, 2, 3, 4, 5, 7], PolygonJoin.Join([[1, 2, 3, 4, 5, 7]]));

    [Fact]
    public void TheBridgeIsBetweenTheNearestPoints() =>
        Assert.Equal([0, 0, 2, 0, 5, 0, 7, 0, 7, 2, 5, 0, 2, 0, 0, 2], PolygonJoin.Join([[0, 0, 2, 0, 0, 2], [7, 0, 7, 2, 5, 0]]));

    /// <summary>Whatever the pieces and their sense, the joined polygon fills just them.</summary>
    [Fact]
    public void TheAreaIsThatOfThePieces()
    {
        float[][] pieces = [Square(2, 2, 10), Square(30, 5, 6), [.. Square(15, 30, 8).Chunk(2).Reverse().SelectMany(p => p)], Square(40, 40, 3)];
        var joined = BitMask.FromPolygon(PolygonJoin.Join(pieces), 50, 50);
        Assert.Equal(100 + 36 + 64 + 9, joined.Area);
        Assert.All(pieces, piece => Assert.Equal(BitMask.FromPolygon(piece, 50, 50).Area, joined.Intersection(BitMask.FromPolygon(piece, 50, 50))));
    }

    [Fact]
    public void AHoleStaysAHole() =>
        Assert.Equal(100 - 16, BitMask.FromPolygon(PolygonJoin.Join([Square(2, 2, 10), Square(5, 5, 4)]), 20, 20).Area);

    private static float[] Square(float x, float y, float side) => [x, y, x + side, y, x + side, y + side, x, y + side];
}
