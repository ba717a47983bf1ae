using NativeTrain.Core;
using NativeTrain.Gradients;
using Xunit;

namespace NativeTrain.Cuda.Tests.Convolutions;

/// <summary>Depthwise convolutions: every kernel beside the CPU's, at shapes that fill strips, vectors and blocks and at such that do not.</summary>
[Collection(Devices.Name)]
public sealed class DepthwiseTests(Devices devices)
{
    /// <summary>N, H, W, channels, KH, KW, stride, padding.</summary>
    private static readonly (int N, int H, int W, int C, int KH, int KW, int Stride, int Pad)[] Shapes =
    [
        (1, 1, 1, 1, 3, 3, 1, 1),
        (2, 5, 4, 17, 3, 3, 1, 1),
        (2, 9, 13, 80, 3, 3, 1, 1),
        (1, 6, 7, 16, 3, 3, 2, 1),
        (1, 12, 12, 32, 3, 3, 1, 2),  // more padding than the kernel needs
        (1, 5, 9, 40, 3, 3, 1, 0),
        (1, 6, 5, 8, 5, 5, 1, 2),
        (1, 9, 8, 24, 3, 1, 2, 0),
        (3, 8, 8, 64, 7, 7, 1, 3),
        (1, 4, 5, 264, 3, 3, 1, 1),   // two blocks of channels
        (2, 40, 40, 8, 3, 3, 1, 1),   // a weight gradient of several parts
    ];

    public static TheoryData<int, DType, DType> Cases
    {
        get
        {
            var all = new TheoryData<int, DType, DType>();
            for (int i = 0; i < Shapes.Length; i++)
            {
                foreach (var type in new[] { DType.F32, DType.F16, DType.BF16 }) all.Add(i, type, type);
                all.Add(i, DType.F16, DType.F32);
                all.Add(i, DType.F32, DType.BF16);
            }
            return all;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void EveryPassIsThatOfTheCpu(int index, DType typeX, DType typeY)
    {
        var shape = ShapeOf(index);
        float[][] expected = ConvPasses.Run(devices.Cpu, shape, typeX, typeY), actual = ConvPasses.Run(devices.Cuda, shape, typeX, typeY);
        AssertClose(expected[0], actual[0], Tolerance(typeY), "y");
        AssertClose(expected[1], actual[1], Tolerance(typeX), "dx");
        AssertClose(expected[2], actual[2], Tolerance(DType.F32), "dw");
    }

    /// <summary>The kernels that are written as the formula reads.</summary>
    [Theory]
    [MemberData(nameof(Cases))]
    public void TheNaiveKernelsComputeTheSame(int index, DType typeX, DType typeY)
    {
        var s = ShapeOf(index);
        using Tensor x = ConvPasses.Draw(devices.Cuda, new Shape(s.N, s.H, s.W, s.IC), typeX, typeY, 1), dy = ConvPasses.Draw(devices.Cuda, new Shape(s.N, s.OH, s.OW, s.OC), typeY, typeX, 2);
        using Tensor w = ConvPasses.Draw(devices.Cuda, new Shape(s.OC, s.KH, s.KW, 1), DType.F32, DType.F32, 3);
        using Tensor y = Tensor.Create(devices.Cuda, dy.Shape, typeY), y1 = Tensor.Create(devices.Cuda, dy.Shape, typeY);
        using Tensor dx = Tensor.Create(devices.Cuda, x.Shape, typeX), dx1 = Tensor.Create(devices.Cuda, x.Shape, typeX);
        devices.Cuda.Conv2dForward(x, w, null, y, s);
        devices.Cuda.DepthwiseForwardV1(x, w, null, y1, s);
        devices.Cuda.Conv2dBackwardData(dy, w, dx, s);
        devices.Cuda.DepthwiseBackwardDataV1(dy, w, dx1, s);
        AssertClose(ConvPasses.Numbers(devices.Cuda, y1), ConvPasses.Numbers(devices.Cuda, y), Tolerance(typeY), "y");
        AssertClose(ConvPasses.Numbers(devices.Cuda, dx1), ConvPasses.Numbers(devices.Cuda, dx), Tolerance(typeX), "dx");
    }

    private static Conv2dShape ShapeOf(int index)
    {
        var (n, h, w, c, kh, kw, stride, pad) = Shapes[index];
        return new Conv2dShape(n, h, w, c, c, kh, kw, stride, pad, c);
    }

    // Sums in another order differ by roundings of F32; results are then rounded to the type, by half of 2⁻⁸ or 2⁻¹¹.
    private static double Tolerance(DType type) => type switch { DType.BF16 => 0.004, DType.F16 => 0.0005, _ => 1e-5 };

    private static void AssertClose(float[] expected, float[] actual, double tolerance, string what)
    {
        if (CaseRun.Difference(expected, actual, tolerance) is { } difference) Assert.Fail($"{what}: {difference}");
    }
}
