using System.Runtime.InteropServices;
using NativeTrain.Core;

namespace NativeTrain.Cuda.Tests.Convolutions;

/// <summary>The three passes of a convolution on a backend, always of the same numbers.</summary>
internal static class ConvPasses
{
    /// <summary>y (with a bias where maps are F32), dx, and dw added to numbers that were there.</summary>
    public static float[][] Run(IBackend backend, in Conv2dShape s, DType type)
    {
        using Tensor x = Draw(backend, new Shape(s.N, s.H, s.W, s.IC), type, 1), dy = Draw(backend, new Shape(s.N, s.OH, s.OW, s.OC), type, 2);
        using Tensor w = Draw(backend, new Shape(s.OC, s.KH, s.KW, s.IC / s.Groups), DType.F32, 3), dw = Draw(backend, w.Shape, DType.F32, 4);
        using Tensor bias = Draw(backend, new Shape(s.OC), DType.F32, 5);
        using Tensor y = Tensor.Create(backend, dy.Shape, type), dx = Tensor.Create(backend, x.Shape, type);
        backend.Conv2dForward(x, w, type == DType.F32 ? bias : null, y, s);
        backend.Conv2dBackwardData(dy, w, dx, s);
        backend.Conv2dBackwardWeight(x, dy, dw, null, s);
        return [Numbers(backend, y), Numbers(backend, dx), Numbers(backend, dw)];
    }

    private static Tensor Draw(IBackend backend, Shape shape, DType type, int seed)
    {
        var random = new Random(seed);
        float[] values = [.. Enumerable.Range(0, (int)shape.Count).Select(_ => 2 * random.NextSingle() - 1)];
        var numbers = Tensor.Create(backend, shape);
        backend.Upload(MemoryMarshal.AsBytes(values.AsSpan()), numbers);
        if (type == DType.F32) return numbers;
        var narrow = Tensor.Create(backend, shape, type);
        backend.Copy(numbers, narrow, accumulate: false);
        numbers.Dispose();
        return narrow;
    }

    private static float[] Numbers(IBackend backend, Tensor t)
    {
        using var wide = Tensor.Create(backend, t.Shape);
        backend.Copy(t, wide, accumulate: false);
        return backend.ToFloats(wide);
    }
}
