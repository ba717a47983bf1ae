using System.Runtime.InteropServices;
using NativeTrain.Core.Ops;
using Xunit;

namespace NativeTrain.Core.Tests.Ops;

public sealed class GlobalAvgPoolTests : OpTest
{
    [Theory, MemberData(nameof(Maps))]
    public void GivesTheMeanAndSpreadsItsGradient(int n, int h, int w, int c)
    {
        Shape map = new(n, h, w, c), row = new(n, c);
        int pixels = h * w;
        float[] x = Random(map.Count, 1, offset: 3), dy = Random(row.Count, 2), start = Random(map.Count, 3);
        double[] y = new double[row.Count], dx = new double[map.Count];
        for (int i = 0; i < map.Count; i++)
        {
            int to = i / (pixels * c) * c + i % c;
            y[to] += (double)x[i] / pixels;
            dx[i] = (double)dy[to] / pixels;
        }
        foreach (bool slice in new[] { false, true })
        {
            var ty = Blank(row);
            Backend.GlobalAvgPoolForward(New(x, map, slice), ty);
            AssertClose(y, Values(ty));

            var tdx = Blank(map, slice);
            Backend.GlobalAvgPoolBackward(New(dy, row), tdx, accumulate: false);
            AssertClose(dx, Values(tdx));

            tdx = New(start, map, slice);
            Backend.GlobalAvgPoolBackward(New(dy, row), tdx, accumulate: true);
            AssertClose([.. dx.Zip(start, (a, s) => a + s)], Values(tdx));
        }
    }

    [Fact]
    public void ThreadsDoNotChangeABit() => AssertThreadsAgree(backend =>
    {
        using var x = Tensor.Create(backend, new Shape(3, 20, 20, 130));
        backend.Upload(MemoryMarshal.AsBytes(Random(x.Count, 4).AsSpan()), x);
        using var y = Tensor.Create(backend, new Shape(3, 130));
        backend.GlobalAvgPoolForward(x, y);
        return backend.ToFloats(y);
    });

    [Fact]
    public void AMapWithoutPixelsIsRefused()
    {
        using var tape = new Tape(Backend);
        Assert.Throws<ArgumentException>(() => GlobalAvgPool.Forward(tape, New([], new Shape(1, 0, 2, 3))));
        Assert.Throws<ArgumentException>(() => GlobalAvgPool.Forward(tape, New([1, 2], new Shape(1, 2))));
    }
}
