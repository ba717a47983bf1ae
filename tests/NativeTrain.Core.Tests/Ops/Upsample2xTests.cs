using Xunit;

namespace NativeTrain.Core.Tests.Ops;

public sealed class Upsample2xTests : OpTest
{
    [Theory, MemberData(nameof(Maps))]
    public void EveryPixelBecomesFourAndTheirGradientsAddUp(int n, int h, int w, int c)
    {
        Shape small = new(n, h, w, c), large = new(n, 2 * h, 2 * w, c);
        float[] x = Random(small.Count, 1), dy = Random(large.Count, 2), start = Random(small.Count, 3);
        float[] y = new float[large.Count];
        double[] dx = new double[small.Count];
        for (int b = 0; b < n; b++)
            for (int i = 0; i < 2 * h; i++)
                for (int j = 0; j < 2 * w; j++)
                    for (int k = 0; k < c; k++)
                    {
                        int to = ((b * 2 * h + i) * 2 * w + j) * c + k, from = ((b * h + i / 2) * w + j / 2) * c + k;
                        y[to] = x[from];
                        dx[from] += dy[to];
                    }

        foreach (bool slice in new[] { false, true })
        {
            var ty = Blank(large, slice);
            Backend.Upsample2xForward(New(x, small, slice), ty);
            Assert.Equal(y, Values(ty));

            var tdx = Blank(small, slice);
            Backend.Upsample2xBackward(New(dy, large, slice), tdx, accumulate: false);
            AssertClose(dx, Values(tdx));

            tdx = New(start, small, slice);
            Backend.Upsample2xBackward(New(dy, large, slice), tdx, accumulate: true);
            AssertClose([.. dx.Zip(start, (a, s) => a + s)], Values(tdx));
        }
    }
}
