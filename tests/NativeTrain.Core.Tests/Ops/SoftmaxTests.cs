using Xunit;

namespace NativeTrain.Core.Tests.Ops;

public sealed class SoftmaxTests : OpTest
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(7, 3)]
    [InlineData(200, 16)]
    [InlineData(3, 1001)]
    public void RowsSumToOneAndTheGradientFollows(int rows, int c)
    {
        var shape = new Shape(rows, c);
        float[] x = Random(shape.Count, 1, 8), dy = Random(shape.Count, 2), start = Random(shape.Count, 3);
        double[] y = new double[shape.Count], dx = new double[shape.Count];
        for (int r = 0; r < rows; r++)
        {
            double sum = 0, dot = 0;
            for (int i = 0; i < c; i++) sum += Math.Exp(x[r * c + i]);
            for (int i = 0; i < c; i++) y[r * c + i] = Math.Exp(x[r * c + i]) / sum;
            for (int i = 0; i < c; i++) dot += y[r * c + i] * dy[r * c + i];
            for (int i = 0; i < c; i++) dx[r * c + i] = y[r * c + i] * (dy[r * c + i] - dot);
        }

        foreach (bool slice in new[] { false, true })
        {
            var ty = Blank(shape, slice);
            Backend.SoftmaxForward(New(x, shape, slice), ty);
            AssertClose(y, Values(ty));

            var tdx = Blank(shape, slice);
            Backend.SoftmaxBackward(ty, New(dy, shape, slice), tdx, accumulate: false);
            AssertClose(dx, Values(tdx));

            tdx = New(start, shape, slice);
            Backend.SoftmaxBackward(ty, New(dy, shape, slice), tdx, accumulate: true);
            AssertClose([.. dx.Zip(start, (a, s) => a + s)], Values(tdx));
        }
    }

    [Fact]
    public void LargeLogitsDoNotOverflow()
    {
        var shape = new Shape(1, 3);
        var y = Blank(shape);
        Backend.SoftmaxForward(New([1e4f, 1e4f, -1e4f], shape), y);
        AssertClose([0.5, 0.5, 0], Values(y));
    }
}
