using System.Runtime.InteropServices;
using Xunit;

namespace NativeTrain.Core.Tests.Ops;

public sealed class BatchNormTests : OpTest
{
    private const float Eps = 1e-3f, Momentum = 0.03f;
    private const double LeastExp = 1.3e-38; // where e^x is clamped

    [Theory, MemberData(nameof(Maps))]
    public void StatisticsAreMeanAndVarianceOfTheBatch(int n, int h, int w, int c)
    {
        var shape = new Shape(n, h, w, c);
        float[] x = Random(shape.Count, 1, 3, 0.5f), runningMean = Random(c, 2), runningVar = Random(c, 3, 0.5f, 1);
        var (mean, variance) = Moments(x, c);
        double rows = shape.Rows;

        Tensor tm = Blank(new Shape(c)), ts = Blank(new Shape(c)), rm = New(runningMean, new Shape(c)), rv = New(runningVar, new Shape(c));
        Backend.BatchNormStatistics(New(x, shape), Eps, Momentum, tm, ts, rm, rv);
        AssertClose(mean, Values(tm));
        AssertClose([.. variance.Select(v => 1 / Math.Sqrt(v + Eps))], Values(ts), 1e-5);
        AssertClose([.. mean.Select((m, k) => (1 - Momentum) * runningMean[k] + Momentum * m)], Values(rm));
        AssertClose([.. variance.Select((v, k) => (1 - Momentum) * runningVar[k] + Momentum * v * rows / Math.Max(1, rows - 1))], Values(rv));
    }

    /// <summary>A mean ten thousand times the standard deviation: the mean of squares less the square of the mean would have no digits left.</summary>
    [Fact]
    public void VarianceKeepsItsDigitsBesideALargeMean()
    {
        const int c = 24;
        var shape = new Shape(2, 30, 30, c);
        float[] x = Random(shape.Count, 1, 0.2f, 1000);
        var (mean, variance) = Moments(x, c);
        Tensor tm = Blank(new Shape(c)), ts = Blank(new Shape(c)), rm = New(new float[c], new Shape(c)), rv = New(new float[c], new Shape(c));
        Backend.BatchNormStatistics(New(x, shape), Eps, 1, tm, ts, rm, rv);
        AssertClose(mean, Values(tm), 1e-7);
        float[] got = Values(rv);
        for (int k = 0; k < c; k++) Assert.Equal(1, got[k] / (variance[k] * shape.Rows / (shape.Rows - 1)), 1e-5);
    }

    [Fact]
    public void InvStdIsOneOverTheRoot()
    {
        float[] variance = [0, 1, 4, 1e-3f, 250];
        var y = Blank(new Shape(5));
        Backend.BatchNormInvStd(New(variance, new Shape(5)), Eps, y);
        AssertClose([.. variance.Select(v => 1 / Math.Sqrt(v + (double)Eps))], Values(y));
    }

    [Theory, MemberData(nameof(Maps))]
    public void ForwardNormalisesScalesActivatesAndAdds(int n, int h, int w, int c)
    {
        var p = new Problem(this, new Shape(n, h, w, c));
        float[] residual = Random(p.Shape.Count, 10);
        foreach (bool silu in new[] { false, true })
            foreach (bool add in new[] { false, true })
                foreach (bool slice in new[] { false, true })
                    foreach (bool half in new[] { false, true })
                    {
                        double[] expected = [.. p.Z.Select((z, i) => (silu ? z * SiluTests.Sigmoid(z) : z) + (add ? residual[i] : 0))];
                        int begin = c / 2;
                        var y = Blank(p.Shape, slice);
                        var y2 = half ? Blank(p.Shape.WithC(c - begin)) : null;
                        Backend.BatchNormActForward(p.X, p.Mean, p.InvStd, p.Gamma, p.Beta, silu, add ? New(residual, p.Shape, slice) : null, y, y2, begin);
                        AssertClose(expected, Values(y), 5e-6);
                        if (y2 is not null) Assert.Equal(Channels(Values(y), c, begin, c - begin), Values(y2));
                    }
    }

    [Fact]
    public void ForwardMayWriteOverItsInput()
    {
        var p = new Problem(this, new Shape(2, 9, 5, 6));
        var y = Blank(p.Shape);
        Backend.BatchNormActForward(p.X, p.Mean, p.InvStd, p.Gamma, p.Beta, true, null, y, null, 0);
        Backend.BatchNormActForward(p.X, p.Mean, p.InvStd, p.Gamma, p.Beta, true, null, p.X, null, 0);
        Assert.Equal(Values(y), Values(p.X));
    }

    /// <summary>Every number of a 16-bit type, NaN too: maps of 16 bits may have an e^x of their own, whose error must not show in them.</summary>
    /// <param name="type">bf16, f16.</param>
    /// <param name="bits">Of the significand.</param>
    [Theory, InlineData(DType.BF16, 8), InlineData(DType.F16, 11)]
    public void SixteenBitMapsAreActivatedToTheLastPlace(DType type, int bits)
    {
        float[] all = AllNumbers(type);
        Shape shape = new(1, 1, all.Length, 1), one = new(1);
        Tensor x = Made(Tensor.Create(Backend, shape, type)), y = Made(Tensor.Create(Backend, shape, type)), wide = Blank(shape);
        double smallest = type == DType.F16 ? Math.Pow(2, -24) : Math.Pow(2, -126);
        Backend.Copy(New(all, shape), x, accumulate: false);
        Backend.BatchNormActForward(x, New([0], one), New([1], one), New([1], one), New([0], one), true, null, y, null, 0);
        Backend.Copy(y, wide, accumulate: false);
        foreach (var (z, got) in all.Zip(Values(wide)))
        {
            double exact = z * SiluTests.Sigmoid(z), place = Math.Pow(2, Math.Floor(Math.Log2(Math.Max(Math.Abs(exact), 1e-300))) - bits + 1);
            Assert.True(float.IsNaN(z) ? float.IsNaN(got) : Math.Abs(got - exact) <= Math.Max(0.515 * Math.Max(place, smallest), Math.Abs(z) * LeastExp), $"silu({z:R}) = {got:R}, not {exact:R}");
        }
    }

    /// <summary>Where nothing passes through the statistics, dx is dy times the derivative of SiLU: maps of 16 bits may have an approximation of it.</summary>
    [Theory, InlineData(DType.BF16, 8), InlineData(DType.F16, 11)]
    public void SixteenBitGradientsAreThoseOfTheActivation(DType type, int bits)
    {
        float[] all = AllNumbers(type);
        Shape shape = new(1, 1, all.Length, 1), one = new(1);
        Tensor x = Made(Tensor.Create(Backend, shape, type)), dy = Made(Tensor.Create(Backend, shape, type)), dx = Made(Tensor.Create(Backend, shape, type)), wide = Blank(shape);
        Backend.Copy(New(all, shape), x, accumulate: false);
        Backend.Copy(New([.. all.Select(_ => 1f)], shape), dy, accumulate: false);
        Backend.BatchNormActBackwardData(x, New([0], one), New([1], one), New([1], one), New([0], one), true, dy, null, 0, New([0, 0], new Shape(2)), 1, dx);
        Backend.Copy(dx, wide, accumulate: false);
        foreach (var (z, got) in all.Zip(Values(wide)))
        {
            double exact = SiluTests.Derivative(z), half = Math.Pow(2, Math.Floor(Math.Log2(Math.Max(Math.Abs(exact), 1e-300))) - bits);
            Assert.True(float.IsNaN(z) ? float.IsNaN(got) : Math.Abs(got - exact) <= half + 1e-4 + Math.Abs(z) * LeastExp, $"silu'({z:R}) = {got:R}, not {exact:R}");
        }
    }

    [Theory, MemberData(nameof(Maps))]
    public void BackwardIsTheGradientThroughTheStatistics(int n, int h, int w, int c)
    {
        var p = new Problem(this, new Shape(n, h, w, c));
        int begin = c / 2;
        var half = p.Shape.WithC(c - begin);
        float[] dy = Random(p.Shape.Count, 11), dy2 = Random(half.Count, 12), dgamma = Random(c, 13), dbeta = Random(c, 14);
        foreach (bool silu in new[] { false, true })
            foreach (var (first, slice, second) in new[] { (true, false, false), (true, true, false), (true, false, true), (true, true, true), (false, false, true) })
            {
                double[] g = new double[p.Shape.Count];
                for (int i = 0; i < g.Length; i++)
                {
                    int row = i / c, k = i % c;
                    if (first) g[i] += dy[i];
                    if (second && k >= begin) g[i] += dy2[row * (c - begin) + k - begin];
                    if (silu) g[i] *= SiluTests.Derivative(p.Z[i]);
                }
                var (dx, sumGx, sumG) = p.Gradient(g);

                Tensor tdx = Blank(p.Shape), tg = New(dgamma, new Shape(c)), tb = New(dbeta, new Shape(c));
                Backend.BatchNormActBackward(p.X, p.Mean, p.InvStd, p.Gamma, p.Beta, silu,
                    first ? New(dy, p.Shape, slice) : null, second ? New(dy2, half) : null, begin, tdx, tg, tb);
                AssertClose(dx, Values(tdx), 1e-5);
                AssertClose([.. sumGx.Select((v, k) => v + dgamma[k])], Values(tg), 1e-4);
                AssertClose([.. sumG.Select((v, k) => v + dbeta[k])], Values(tb), 1e-4);
            }
    }

    /// <summary>Maps of several chunks; of the wide one, pairs of vectors lie beside the second gradient.</summary>
    [Theory]
    [InlineData(DType.F32, 20, true)]
    [InlineData(DType.F32, 72, false)]
    [InlineData(DType.BF16, 20, false)]
    [InlineData(DType.BF16, 72, true)]
    [InlineData(DType.F16, 72, true)]
    public void BackwardMayWriteOverTheGradientItReads(DType type, int c, bool silu)
    {
        var p = new Problem(this, new Shape(3, 37, 23, c));
        int from = c - 32 > 0 ? c - 32 : 12;
        Tensor Typed(float[] values, Shape shape)
        {
            var t = Made(Tensor.Create(Backend, shape, type));
            Backend.Copy(New(values, shape), t, accumulate: false);
            return t;
        }
        var x = Typed(Values(p.X), p.Shape);
        foreach (bool second in new[] { false, true })
        {
            Tensor dy = Typed(Random(p.Shape.Count, 11), p.Shape), dx = Typed(new float[p.Shape.Count], p.Shape);
            var dy2 = second ? Typed(Random(p.Shape.Rows * (c - from), 12), p.Shape.WithC(c - from)) : null;
            Tensor[] sums = [.. Enumerable.Range(0, 4).Select(_ => New(new float[c], new Shape(c)))];
            Backend.BatchNormActBackward(x, p.Mean, p.InvStd, p.Gamma, p.Beta, silu, dy, dy2, from, dx, sums[0], sums[1]);
            Backend.BatchNormActBackward(x, p.Mean, p.InvStd, p.Gamma, p.Beta, silu, dy, dy2, from, dy, sums[2], sums[3]);
            Assert.Equal(Values(sums[0]), Values(sums[2]));
            Assert.Equal(Values(sums[1]), Values(sums[3]));
            float[] Numbers(Tensor map)
            {
                var wide = Blank(p.Shape);
                Backend.Copy(map, wide, accumulate: false);
                return Values(wide);
            }
            Assert.Equal(Numbers(dx), Numbers(dy));
        }
    }

    [Fact]
    public void DoesNotDependOnThreads() => AssertThreadsAgree(backend =>
    {
        const int c = 20;
        var shape = new Shape(3, 50, 50, c);
        var vectors = Enumerable.Range(0, 8).Select(_ => Tensor.Create(backend, new Shape(c))).ToArray();
        foreach (var v in vectors) backend.Fill(v, 0.7f);
        using var x = Tensor.Create(backend, shape);
        using var y = Tensor.Create(backend, shape);
        using var dx = Tensor.Create(backend, shape);
        backend.Upload(MemoryMarshal.AsBytes(Random(shape.Count, 1).AsSpan()), x);
        backend.BatchNormStatistics(x, Eps, Momentum, vectors[0], vectors[1], vectors[2], vectors[3]);
        backend.BatchNormActForward(x, vectors[0], vectors[1], vectors[4], vectors[5], true, null, y, null, 0);
        backend.BatchNormActBackward(x, vectors[0], vectors[1], vectors[4], vectors[5], true, y, null, 0, dx, vectors[6], vectors[7]);
        float[] result = [.. vectors.SelectMany(backend.ToFloats), .. backend.ToFloats(y), .. backend.ToFloats(dx)];
        foreach (var v in vectors) v.Dispose();
        return result;
    });

    /// <summary>Every number of a 16-bit type but the infinite ones.</summary>
    private static float[] AllNumbers(DType type) =>
        [.. Enumerable.Range(0, 1 << 16).Select(i => type == DType.BF16 ? BitConverter.UInt32BitsToSingle((uint)i << 16) : (float)BitConverter.UInt16BitsToHalf((ushort)i)).Where(v => !float.IsInfinity(v))];

    /// <summary>Mean and (biased) variance per channel, in double precision.</summary>
    private static (double[] Mean, double[] Variance) Moments(float[] x, int c)
    {
        double rows = x.Length / c;
        double[] mean = new double[c], variance = new double[c];
        for (int i = 0; i < x.Length; i++) mean[i % c] += x[i] / rows;
        for (int i = 0; i < x.Length; i++) variance[i % c] += (x[i] - mean[i % c]) * (x[i] - mean[i % c]) / rows;
        return (mean, variance);
    }

    private static float[] Channels(float[] x, int c, int begin, int count) => [.. x.Where((_, i) => i % c >= begin && i % c < begin + count)];

    /// <summary>A map with its statistics, scale and shift, on the device and as plain numbers.</summary>
    private sealed class Problem
    {
        private readonly double[] normalised, scale;

        public Problem(BatchNormTests test, Shape shape)
        {
            Shape = shape;
            int c = shape.C;
            float[] x = Random(shape.Count, 1, 2, 1), gamma = Random(c, 2, 1, 1.5f), beta = Random(c, 3);
            var (mean, variance) = Moments(x, c);
            float[] center = [.. mean.Select(m => (float)m)], invStd = [.. variance.Select(v => (float)(1 / Math.Sqrt(v + Eps)))];
            normalised = [.. x.Select((v, i) => (v - (double)center[i % c]) * invStd[i % c])];
            scale = [.. gamma.Zip(invStd, (g, s) => (double)g * s)];
            Z = [.. normalised.Select((v, i) => v * gamma[i % c] + beta[i % c])];
            X = test.New(x, shape);
            Mean = test.New(center, new Shape(c));
            InvStd = test.New(invStd, new Shape(c));
            Gamma = test.New(gamma, new Shape(c));
            Beta = test.New(beta, new Shape(c));
        }

        public Shape Shape { get; }
        public Tensor X { get; }
        public Tensor Mean { get; }
        public Tensor InvStd { get; }
        public Tensor Gamma { get; }
        public Tensor Beta { get; }

        /// <summary>What the activation is applied to.</summary>
        public double[] Z { get; }

        /// <summary>dx = gamma/(std·rows)·(rows·g − Σg − x̂·Σg·x̂), dgamma = Σg·x̂ and dbeta = Σg, for the gradient g at Z.</summary>
        public (double[] Dx, double[] SumGx, double[] SumG) Gradient(double[] g)
        {
            int c = Shape.C;
            double rows = Shape.Rows;
            double[] sumG = new double[c], sumGx = new double[c];
            for (int i = 0; i < g.Length; i++)
            {
                sumG[i % c] += g[i];
                sumGx[i % c] += g[i] * normalised[i];
            }
            double[] dx = [.. g.Select((v, i) => scale[i % c] / rows * (rows * v - sumG[i % c] - normalised[i] * sumGx[i % c]))];
            return (dx, sumGx, sumG);
        }
    }
}
