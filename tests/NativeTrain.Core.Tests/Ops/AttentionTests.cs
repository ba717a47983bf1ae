using System.Runtime.InteropServices;
using Xunit;

namespace NativeTrain.Core.Tests.Ops;

public sealed class AttentionTests : OpTest
{
    [Theory]
    [InlineData(1, 1, 1, 1, 1, 1)]
    [InlineData(2, 3, 5, 2, 4, 8)]
    [InlineData(1, 4, 4, 3, 5, 7)]
    [InlineData(1, 10, 10, 2, 32, 64)]
    public void MatchesThePlainLoops(int n, int h, int w, int heads, int keyDim, int headDim)
    {
        int tokens = h * w, part = 2 * keyDim + headDim;
        Shape shapeQkv = new(n, h, w, heads * part), shapeY = new(n, h, w, heads * headDim), shapeP = new(n, heads, tokens, tokens);
        float[] qkv = Random(shapeQkv.Count, 1, 1), dy = Random(shapeY.Count, 2, 1), start = Random(shapeQkv.Count, 3);
        double[] y = new double[shapeY.Count], p = new double[shapeP.Count], dqkv = new double[shapeQkv.Count];
        double scale = 1 / Math.Sqrt(keyDim);
        double[] row = new double[tokens];

        for (int b = 0; b < n; b++)
            for (int head = 0; head < heads; head++)
            {
                // Element d of token t's query, key or value, and of its output.
                int Q(int t, int d) => (b * tokens + t) * heads * part + head * part + d;
                int K(int t, int d) => Q(t, keyDim + d);
                int V(int t, int d) => Q(t, 2 * keyDim + d);
                int Y(int t, int d) => ((b * tokens + t) * heads + head) * headDim + d;

                for (int i = 0; i < tokens; i++)
                {
                    for (int j = 0; j < tokens; j++)
                    {
                        double score = 0;
                        for (int d = 0; d < keyDim; d++) score += (double)qkv[Q(i, d)] * qkv[K(j, d)];
                        row[j] = Math.Exp(score * scale);
                    }
                    double sum = row.Sum(), dot = 0;
                    for (int j = 0; j < tokens; j++) row[j] /= sum;
                    row.CopyTo(p, ((b * heads + head) * tokens + i) * tokens);

                    double[] dp = new double[tokens];
                    for (int j = 0; j < tokens; j++)
                    {
                        for (int d = 0; d < headDim; d++)
                        {
                            y[Y(i, d)] += row[j] * qkv[V(j, d)];
                            dp[j] += (double)dy[Y(i, d)] * qkv[V(j, d)];
                            dqkv[V(j, d)] += row[j] * dy[Y(i, d)];
                        }
                        dot += row[j] * dp[j];
                    }
                    for (int j = 0; j < tokens; j++)
                    {
                        double ds = row[j] * (dp[j] - dot) * scale;
                        for (int d = 0; d < keyDim; d++)
                        {
                            dqkv[Q(i, d)] += ds * qkv[K(j, d)];
                            dqkv[K(j, d)] += ds * qkv[Q(i, d)];
                        }
                    }
                }
            }

        Tensor tqkv = New(qkv, shapeQkv), ty = Blank(shapeY), tp = Blank(shapeP), tdqkv = Blank(shapeQkv);
        Backend.AttentionForward(tqkv, ty, tp, heads, keyDim, headDim);
        AssertClose(y, Values(ty), 1e-5);
        AssertClose(p, Values(tp), 1e-5);

        Backend.AttentionBackward(tqkv, tp, New(dy, shapeY), tdqkv, heads, keyDim, headDim, accumulate: false);
        AssertClose(dqkv, Values(tdqkv), 1e-5);

        tdqkv = New(start, shapeQkv);
        Backend.AttentionBackward(tqkv, tp, New(dy, shapeY), tdqkv, heads, keyDim, headDim, accumulate: true);
        AssertClose([.. dqkv.Zip(start, (a, s) => a + s)], Values(tdqkv), 1e-5);
    }

    [Theory]
    [InlineData(3, 5, 2)]
    [InlineData(1, 20, 1)] // one task
    public void DoesNotDependOnThreads(int n, int side, int heads) => AssertThreadsAgree(backend =>
    {
        using var qkv = Tensor.Create(backend, new Shape(n, side, side, heads * 24));
        using var y = Tensor.Create(backend, new Shape(n, side, side, heads * 8));
        using var p = Tensor.Create(backend, new Shape(n, heads, side * side, side * side));
        using var dqkv = Tensor.Create(backend, qkv.Shape);
        backend.Upload(MemoryMarshal.AsBytes(Random(qkv.Count, 1).AsSpan()), qkv);
        backend.AttentionForward(qkv, y, p, heads, 8, 8);
        backend.AttentionBackward(qkv, p, y, dqkv, heads, 8, 8, accumulate: false);
        return [.. backend.ToFloats(y), .. backend.ToFloats(dqkv)];
    });
}
