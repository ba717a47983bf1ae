using System.Runtime.Intrinsics.X86;
using NativeTrain.Core.Ops;
using NativeTrain.Cpu;
using Xunit;

namespace NativeTrain.Core.Tests.Ops;

/// <summary>What a convolution computes, by every implementation.</summary>
[Collection("convolutions")]
public sealed class Conv2dTests
{
    private static readonly string[] Implementations = ["", "onednn", "direct", "in_place", "rows", "winograd"];

    private static bool Winograd(CpuBackend backend, Conv2dShape shape, int pass) => backend.Conv2dImplementation(shape, pass) == "winograd";

    public static TheoryData<Conv2dShape, string> Cases
    {
        get
        {
            var cases = new TheoryData<Conv2dShape, string>();
            foreach (var shape in Conv2dShapes.All)
                foreach (string implementation in Implementations)
                    cases.Add(shape, implementation);
            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void EveryPassAgreesWithPlainLoops(Conv2dShape shape, string implementation)
    {
        using var forced = new ForcedConvolutions(implementation);
        using var backend = new CpuBackend();
        var c = new ConvolutionCase(shape);
        var expected = c.Expected();
        var actual = c.Run(backend);
        // Winograd's way adds and subtracts larger numbers on its way to the same sums.
        double Tolerance(int pass) => Winograd(backend, shape, pass) ? 5e-5 : 1e-5;
        ConvolutionCase.Near(expected.Y, actual.Y, "y", Tolerance(0));
        ConvolutionCase.Near(expected.Dx, actual.Dx, "dx", Tolerance(1));
        ConvolutionCase.Near(expected.Dw, actual.Dw, "dw", Tolerance(2));
        ConvolutionCase.Near(expected.Db, actual.Db, "db");
        for (int pass = 0; pass < 3; pass++)
        {
            string name = backend.Conv2dImplementation(shape, pass);
            Assert.DoesNotContain("ref", name, StringComparison.Ordinal);  // oneDNN's name for its slow fallback
            if (shape.Groups == 1 && implementation.Length > 0)
                Assert.Equal(Computes(backend, implementation, shape, pass) ? implementation : "direct", Conv2dShapes.Family(name));
        }
    }

    private static bool Computes(CpuBackend backend, string implementation, Conv2dShape shape, int pass)
    {
        if (implementation == "rows") return Rows(shape, pass);
        if (implementation != "in_place") return implementation != "winograd" || Winograd(backend, shape, pass);
        bool pointwise = (shape.KH, shape.KW, shape.Stride, shape.Pad) == (1, 1, 1, 0);
        return (pass == 2 || pointwise) && (pass == 0 ? shape.OC : shape.IC) % (Avx512F.IsSupported ? 16 : 8) == 0;
    }

    private static bool Rows(Conv2dShape shape, int pass)
    {
        int channels = pass == 0 ? shape.OC : shape.IC, under = shape.KW * shape.IC;
        bool weights = under == 48 || ((under == 24 || (under == 9 && shape.KH == 3)) && shape.OC % 16 == 0);
        return Avx512F.IsSupported && (pass == 2 ? weights : channels == 8 || channels % 16 == 0);
    }

    /// <summary>A float map beside one of 16 bits is read as if its numbers had 16 bits, by every implementation, in every pass.</summary>
    [Theory]
    [InlineData("", DType.BF16)]
    [InlineData("", DType.F16)]
    [InlineData("direct", DType.BF16)]
    [InlineData("direct", DType.F16)]
    [InlineData("onednn", DType.BF16)]
    [InlineData("onednn", DType.F16)]
    [InlineData("pairs", DType.BF16)]
    [InlineData("rows", DType.BF16)]
    [InlineData("winograd", DType.BF16)]
    [InlineData("winograd", DType.F16)]
    public void BesideSixteenBitsFloatsAreRounded(string implementation, DType type)
    {
        using var forced = new ForcedConvolutions(implementation);
        using var backend = new CpuBackend();
        Func<float, float> rounding = type == DType.F16 ? v => (float)(Half)v : Bf16;
        foreach (var shape in Conv2dShapes.All)
            foreach (var (x, y) in new[] { (DType.F32, type), (type, DType.F32) })
            {
                var c = new ConvolutionCase(shape, rounding);
                ConvolutionCase.Passes expected = c.Rounded().Run(backend, x, y), actual = c.Run(backend, x, y);
                Assert.Equal(expected.Y, actual.Y);
                Assert.Equal(expected.Dx, actual.Dx);
                Assert.Equal(expected.Dw, actual.Dw);
                var exact = c.Expected();
                double rounded = type == DType.BF16 ? 5e-3 : 1e-3;  // of what is written with 16 bits
                ConvolutionCase.Near(exact.Y, actual.Y, "y", y == DType.F32 ? 1e-4 : rounded);
                ConvolutionCase.Near(exact.Dx, actual.Dx, "dx", x == DType.F32 ? 1e-4 : rounded);
                ConvolutionCase.Near(exact.Dw, actual.Dw, "dw", 1e-4);
                if (y == DType.F32) ConvolutionCase.Near(exact.Db, actual.Db, "db"); // a sum, no product
            }

        // To the nearest, of two equally near the even one.
        static float Bf16(float v)
        {
            uint bits = BitConverter.SingleToUInt32Bits(v);
            return BitConverter.UInt32BitsToSingle((bits + 0x7fff + (bits >> 16 & 1)) & 0xffff0000);
        }
    }

    /// <summary>H, W, kernel, stride, padding, groups; in C# (2 − 5) / 4 is 0, so that division alone would let the kernel in.</summary>
    [Theory]
    [InlineData(2, 8, 5, 4, 0, 1, "does not fit")]
    [InlineData(8, 2, 5, 4, 1, 1, "does not fit")]
    [InlineData(8, 8, 3, 0, 1, 1, "stride")]
    [InlineData(8, 8, 3, 1, -1, 1, "padding")]
    [InlineData(8, 8, 3, 1, 1, 0, "groups")]
    public void TheOpRefusesAKernelThatDoesNotFit(int h, int w, int kernel, int stride, int pad, int groups, string word)
    {
        using var backend = new CpuBackend();
        using var tape = new Tape(backend);
        using var x = Tensor.Create(backend, new Shape(1, h, w, 3));
        using var weight = new Parameter(backend, new Shape(4, kernel, kernel, 3), ParameterKind.Weight);
        var e = Assert.Throws<ArgumentException>(() => Conv2d.Forward(tape, x, weight, null, stride, pad, groups));
        Assert.Contains(word, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AShapeThatMakesNoSenseIsAnError()
    {
        using var backend = new CpuBackend();
        var e = Assert.Throws<InvalidOperationException>(() => backend.Conv2dImplementation(new(1, 2, 2, 3, 3, 5, 5, 1, 0, 1), 0));
        Assert.Contains("kernel is larger", e.Message, StringComparison.Ordinal);
        e = Assert.Throws<InvalidOperationException>(() => backend.Conv2dImplementation(new(1, 8, 8, 3, 4, 3, 3, 1, 1, 2), 0));
        Assert.Contains("groups must divide", e.Message, StringComparison.Ordinal);
    }
}
