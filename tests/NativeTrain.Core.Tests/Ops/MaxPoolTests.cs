using System.Runtime.InteropServices;
using Xunit;

namespace NativeTrain.Core.Tests.Ops;

public sealed class MaxPoolTests : OpTest
{
    [Theory]
    [InlineData(1, 1, 1, 1, 5, 1, 2)]
    [InlineData(2, 10, 10, 64, 5, 1, 2)]
    [InlineData(1, 3, 7, 33, 5, 1, 2)]
    [InlineData(2, 8, 6, 3, 2, 2, 0)]
    [InlineData(1, 9, 9, 17, 3, 2, 1)]
    public void MaximumItsPlaceAndItsGradient(int n, int h, int w, int c, int kernel, int stride, int pad)
    {
        Shape input = new(n, h, w, c), output = new(n, (h + 2 * pad - kernel) / stride + 1, (w + 2 * pad - kernel) / stride + 1, c);
        // Whole numbers, so that windows hold their maximum more than once.
        float[] x = [.. Random(input.Count, 1, 4).Select(v => MathF.Round(v))];
        float[] dy = Random(output.Count, 2), start = Random(input.Count, 3);
        var (y, argmax, dx) = Reference(x, dy, input, output, kernel, stride, pad);

        foreach (bool slice in new[] { false, true })
        {
            var tx = New(x, input, slice);
            var ty = Blank(output, slice);
            var places = Bytes(new byte[output.Count], output);
            Backend.MaxPoolForward(tx, ty, places, kernel, stride, pad);
            Assert.Equal(y, Values(ty));
            byte[] got = new byte[output.Count];
            Backend.Download(places, got);
            Assert.Equal(argmax, got);

            ty = Blank(output, slice);
            Backend.MaxPoolForward(tx, ty, null, kernel, stride, pad);
            Assert.Equal(y, Values(ty));

            var tdx = Blank(input, slice);
            Backend.MaxPoolBackward(New(dy, output, slice), places, tdx, kernel, stride, pad, accumulate: false);
            AssertClose(dx, Values(tdx));

            tdx = New(start, input, slice);
            Backend.MaxPoolBackward(New(dy, output, slice), places, tdx, kernel, stride, pad, accumulate: true);
            AssertClose([.. dx.Zip(start, (a, s) => a + s)], Values(tdx));
        }
    }

    [Fact]
    public void AMapOfMinusInfinityStaysSoAndNaNWins()
    {
        var shape = new Shape(1, 3, 3, 1);
        float[] x = new float[9];
        Array.Fill(x, float.NegativeInfinity);
        var y = Blank(shape);
        Backend.MaxPoolForward(New(x, shape), y, null, 3, 1, 1);
        Assert.All(Values(y), v => Assert.Equal(float.NegativeInfinity, v));

        x[0] = float.NaN;
        x[4] = 5;
        Backend.MaxPoolForward(New(x, shape), y, null, 3, 1, 1);
        Assert.Equal(float.NaN, Values(y)[4]);
        Assert.Equal(5, Values(y)[8]);
    }

    [Fact]
    public void DoesNotDependOnThreads() => AssertThreadsAgree(backend =>
    {
        var shape = new Shape(3, 9, 9, 70);
        using var x = Tensor.Create(backend, shape);
        using var dx = Tensor.Create(backend, shape);
        using var y = Tensor.Create(backend, shape);
        using var argmax = Tensor.Create(backend, shape, DType.U8);
        backend.Upload(MemoryMarshal.AsBytes(Random(shape.Count, 1).AsSpan()), x);
        backend.MaxPoolForward(x, y, argmax, 5, 1, 2);
        backend.MaxPoolBackward(x, argmax, dx, 5, 1, 2, accumulate: false);
        return [.. backend.ToFloats(y), .. backend.ToFloats(dx)];
    });

    private static (float[] Y, byte[] Argmax, double[] Dx) Reference(float[] x, float[] dy, Shape input, Shape output, int kernel, int stride, int pad)
    {
        int h = input[1], w = input[2], c = input[3], oh = output[1], ow = output[2];
        float[] y = new float[output.Count];
        byte[] argmax = new byte[output.Count];
        double[] dx = new double[input.Count];
        for (int b = 0; b < input[0]; b++)
            for (int i = 0; i < oh; i++)
                for (int j = 0; j < ow; j++)
                    for (int k = 0; k < c; k++)
                    {
                        float best = float.NegativeInfinity;
                        int place = -1, source = -1;
                        for (int r = 0; r < kernel; r++)
                            for (int s = 0; s < kernel; s++)
                            {
                                int row = i * stride - pad + r, column = j * stride - pad + s;
                                if (row < 0 || row >= h || column < 0 || column >= w) continue;
                                int at = ((b * h + row) * w + column) * c + k;
                                if (x[at] <= best) continue;
                                best = x[at];
                                place = r * kernel + s;
                                source = at;
                            }
                        int to = ((b * oh + i) * ow + j) * c + k;
                        y[to] = best;
                        argmax[to] = (byte)place;
                        dx[source] += dy[to];
                    }
        return (y, argmax, dx);
    }
}
