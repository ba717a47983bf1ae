using System.Runtime.InteropServices;
using NativeTrain.Core;

namespace NativeTrain.Cuda.Tests.Convolutions;

/// <summary>The three passes of a convolution on a backend, always of the same numbers.</summary>
internal static class ConvPasses
{
    /// <summary>y (with a bias where it is F32), dx, and dw added to numbers that were there.</summary>
    public static float[][] Run(IBackend backend, in Conv2dShape s, DType type) => Run(backend, s, type, type);

    /// <summary>The same where x (and dx) and y (and dy) may have two types; all numbers of both are such as the narrower has.</summary>
    public static float[][] Run(IBackend backend, in Conv2dShape s, DType typeX, DType typeY)
    {
        using Tensor x = Draw(backend, new Shape(s.N, s.H, s.W, s.IC), typeX, typeY, 1), dy = Draw(backend, new Shape(s.N, s.OH, s.OW, s.OC), typeY, typeX, 2);
        using Tensor w = Draw(backend, new Shape(s.OC, s.KH, s.KW, s.IC / s.Groups), DType.F32, DType.F32, 3), dw = Draw(backend, w.Shape, DType.F32, DType.F32, 4);
        using Tensor bias = Draw(backend, new Shape(s.OC), DType.F32, DType.F32, 5);
        using Tensor y = Tensor.Create(backend, dy.Shape, typeY), dx = Tensor.Create(backend, x.Shape, typeX);
        backend.Conv2dForward(x, w, typeY == DType.F32 ? bias : null, y, s);
        backend.Conv2dBackwardData(dy, w, dx, s);
        backend.Conv2dBackwardWeight(x, dy, dw, null, s);
        return [Numbers(backend, y), Numbers(backend, dx), Numbers(backend, dw)];
    }

    /// <summary>Random numbers in a type, rounded to another too.</summary>
    internal static Tensor Draw(IBackend backend, Shape shape, DType type, DType rounding, int seed)
    {
        var random = new Random(seed);
        float[] values = [.. Enumerable.Range(0, (int)shape.Count).Select(_ => 2 * random.NextSingle() - 1)];
        var numbers = Tensor.Create(backend, shape);
        backend.Upload(MemoryMarshal.AsBytes(values.AsSpan()), numbers);
        return Converted(backend, Converted(backend, Converted(backend, numbers, rounding), DType.F32), type);
    }

    private static Tensor Converted(IBackend backend, Tensor from, DType type)
    {
        if (from.Type == type) return from;
        var to = Tensor.Create(backend, from.Shape, type);
        backend.Copy(from, to, accumulate: false);
        from.Dispose();
        return to;
    }

    internal static float[] Numbers(IBackend backend, Tensor t)
    {
        using var wide = Tensor.Create(backend, t.Shape);
        backend.Copy(t, wide, accumulate: false);
        return backend.ToFloats(wide);
    }
}
