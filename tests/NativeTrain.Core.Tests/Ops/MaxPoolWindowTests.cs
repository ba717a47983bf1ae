using NativeTrain.Core.Ops;
using Xunit;

namespace NativeTrain.Core.Tests.Ops;

public sealed class MaxPoolWindowTests : OpTest
{
    [Theory]
    [InlineData(40, 40, 16, 1, 0, "1 to 15 wide")]
    [InlineData(40, 40, 0, 1, 0, "1 to 15 wide")]
    [InlineData(8, 8, 3, 1, 2, "padding")]
    [InlineData(8, 8, 3, 1, -1, "padding")]
    [InlineData(8, 8, 3, 0, 1, "stride")]
    [InlineData(8, 2, 5, 1, 1, "window")]
    [InlineData(2, 8, 4, 3, 0, "window")] // (2 - 4) / 3 is 0 in C#: by division alone it would fit
    public void AWindowThatDoesNotFitIsRefusedByTheOpAndByTheKernel(int h, int w, int kernel, int stride, int pad, string word)
    {
        var x = Blank(new Shape(1, h, w, 1));
        var y = Blank(new Shape(1, 40, 40, 1));
        var native = Assert.Throws<InvalidOperationException>(() => Backend.MaxPoolForward(x, y, null, kernel, stride, pad));
        Assert.Contains(word, native.Message, StringComparison.Ordinal);
        using var tape = new Tape(Backend);
        var op = Assert.Throws<ArgumentException>(() => MaxPool.Forward(tape, x, kernel, stride, pad));
        Assert.Contains(word, op.Message, StringComparison.Ordinal);
    }
}
