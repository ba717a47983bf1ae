using Xunit;

namespace NativeTrain.Core.Tests.Ops;

public sealed class U8ToF32Tests : OpTest
{
    [Theory]
    [InlineData(1)]
    [InlineData(256)]
    [InlineData(70_001)]
    public void EveryByteTimesTheScale(int count)
    {
        byte[] x = [.. Enumerable.Range(0, count).Select(i => (byte)(i * 7))];
        const float scale = 1f / 255;
        var y = Blank(new Shape(count));
        Backend.U8ToF32(Bytes(x, new Shape(count)), y, scale);
        Assert.Equal(x.Select(b => b * scale), Values(y));
    }
}
