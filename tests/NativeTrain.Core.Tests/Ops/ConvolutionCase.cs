using System.Runtime.InteropServices;
using Xunit;

namespace NativeTrain.Core.Tests.Ops;

/// <summary>
/// A convolution by plain loops in double precision, straight from its definition, and the same one by the backend.
/// </summary>
internal sealed class ConvolutionCase
{
    private readonly Func<float, float> operand;

    /// <param name="shape">Of the convolution.</param>
    /// <param name="rounding">What a product does to its operands first; null: nothing.</param>
    public ConvolutionCase(Conv2dShape shape, Func<float, float>? rounding = null)
    {
        Shape = shape;
        operand = rounding ?? (v => v);
        var random = new Random(shape.GetHashCode());
        float[] Numbers(int count) => [.. Enumerable.Range(0, count).Select(_ => random.NextSingle() - 0.5f)];
        X = Numbers(shape.N * shape.H * shape.W * shape.IC);
        W = Numbers(shape.OC * shape.KH * shape.KW * shape.IC / shape.Groups);
        Bias = Numbers(shape.OC);
        Dy = Numbers(shape.N * shape.OH * shape.OW * shape.OC);
        DwBefore = Numbers(W.Length);
        DbBefore = Numbers(shape.OC);
    }

    public Conv2dShape Shape { get; }
    public float[] X { get; private init; }
    public float[] W { get; }
    public float[] Bias { get; }
    public float[] Dy { get; private init; }
    public float[] DwBefore { get; }
    public float[] DbBefore { get; }

    /// <summary>Calls <paramref name="visit"/> with the indices into x, w and y of every product.</summary>
    private void ForEachProduct(Action<int, int, int> visit)
    {
        var s = Shape;
        int inputs = s.IC / s.Groups, outputs = s.OC / s.Groups;
        for (int n = 0; n < s.N; n++)
            for (int i = 0; i < s.OH; i++)
                for (int j = 0; j < s.OW; j++)
                    for (int o = 0; o < s.OC; o++)
                        for (int kh = 0; kh < s.KH; kh++)
                            for (int kw = 0; kw < s.KW; kw++)
                            {
                                int r = i * s.Stride + kh - s.Pad, q = j * s.Stride + kw - s.Pad;
                                if (r < 0 || r >= s.H || q < 0 || q >= s.W) continue;
                                for (int c = 0; c < inputs; c++)
                                    visit(((n * s.H + r) * s.W + q) * s.IC + o / outputs * inputs + c,
                                        ((o * s.KH + kh) * s.KW + kw) * inputs + c,
                                        ((n * s.OH + i) * s.OW + j) * s.OC + o);
                            }
    }

    public Passes Expected()
    {
        var y = new double[Dy.Length];
        var dx = new double[X.Length];
        double[] dw = [.. DwBefore.Select(f => (double)f)], db = [.. DbBefore.Select(f => (double)f)];
        for (int k = 0; k < y.Length; k++)
        {
            y[k] = Bias[k % Shape.OC];
            db[k % Shape.OC] += Dy[k];
        }
        float[] xs = [.. X.Select(operand)], ws = [.. W.Select(operand)], dys = [.. Dy.Select(operand)];
        ForEachProduct((x, w, k) =>
        {
            y[k] += (double)xs[x] * ws[w];
            dx[x] += (double)dys[k] * ws[w];
            dw[w] += (double)dys[k] * xs[x];
        });
        static float[] Single(double[] v) => [.. v.Select(d => (float)d)];
        return new(Single(y), Single(dx), Single(dw), Single(db));
    }

    /// <summary>The same convolution of maps whose numbers are such as the products' operands have.</summary>
    public ConvolutionCase Rounded() => new(Shape, operand) { X = [.. X.Select(operand)], Dy = [.. Dy.Select(operand)] };

    public Passes Run(IBackend backend, DType typeX = DType.F32, DType typeY = DType.F32)
    {
        var s = Shape;
        using var x = Cast(backend, Upload(backend, X, s.N, s.H, s.W, s.IC), typeX);
        using var w = Upload(backend, W, s.OC, s.KH, s.KW, s.IC / s.Groups);
        using var bias = Upload(backend, Bias, s.OC);
        using var dy = Cast(backend, Upload(backend, Dy, s.N, s.OH, s.OW, s.OC), typeY);
        using var dw = Upload(backend, DwBefore, s.OC, s.KH, s.KW, s.IC / s.Groups);
        using var db = Upload(backend, DbBefore, s.OC);
        using var y = NotNumbers(backend, dy.Shape, typeY);
        using var dx = NotNumbers(backend, x.Shape, typeX);
        backend.Conv2dForward(x, w, bias, y, s);
        backend.Conv2dBackwardData(dy, w, dx, s);
        backend.Conv2dBackwardWeight(x, dy, dw, db, s);
        using Tensor wideY = Cast(backend, y, DType.F32), wideDx = Cast(backend, dx, DType.F32);
        return new(backend.ToFloats(wideY), backend.ToFloats(wideDx), backend.ToFloats(dw), backend.ToFloats(db));
    }

    /// <summary>What a pass leaves unwritten shows.</summary>
    private static Tensor NotNumbers(IBackend backend, Shape shape, DType type)
    {
        var t = Tensor.Create(backend, shape);
        backend.Fill(t, float.NaN);
        return Cast(backend, t, type);
    }

    /// <summary>A map in another type, in its place.</summary>
    private static Tensor Cast(IBackend backend, Tensor from, DType type)
    {
        if (from.Type == type) return from;
        var to = Tensor.Create(backend, from.Shape, type);
        backend.Copy(from, to, accumulate: false);
        from.Dispose();
        return to;
    }

    public static Tensor Upload(IBackend backend, float[] numbers, params int[] shape)
    {
        var t = Tensor.Create(backend, new Shape(shape));
        backend.Upload(MemoryMarshal.AsBytes(numbers.AsSpan()), t);
        return t;
    }

    /// <summary>Largest difference relative to the largest expected number, at most <paramref name="tolerance"/>.</summary>
    public static void Near(float[] expected, float[] actual, string what, double tolerance = 1e-5)
    {
        Assert.Equal(expected.Length, actual.Length);
        double scale = Math.Max(1e-3, expected.Max(Math.Abs));
        for (int k = 0; k < expected.Length; k++)
            Assert.True(Math.Abs(expected[k] - actual[k]) <= tolerance * scale, $"{what}[{k}] is {actual[k]}, expected {expected[k]}");
    }

    internal sealed record Passes(float[] Y, float[] Dx, float[] Dw, float[] Db);
}
