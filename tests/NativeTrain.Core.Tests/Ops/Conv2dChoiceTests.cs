using System.Runtime.Intrinsics.X86;
using NativeTrain.Cpu;
using Xunit;

namespace NativeTrain.Core.Tests.Ops;

/// <summary>Which implementation computes a convolution where none is forced, and how much arithmetic it does.</summary>
[Collection("convolutions")]
public sealed class Conv2dChoiceTests
{
    /// <summary>The rules of conv2d_ways.cpp: what is fast for the shape, and no timing.</summary>
    [Fact]
    public void ImplementationsAreChosenByShape()
    {
        using var backend = new CpuBackend();
        string library = Avx512F.IsSupported ? "onednn" : "direct", rows = Avx512F.IsSupported ? "rows" : "direct", weights = Avx512F.IsSupported ? "in_place" : "direct";
        void Chosen(string forward, string data, string weight, Conv2dShape shape) =>
            Assert.Equal((forward, data, weight), (Name(shape, 0), Name(shape, 1), Name(shape, 2)));
        string Name(Conv2dShape shape, int pass) => Conv2dShapes.Family(backend.Conv2dImplementation(shape, pass));
        Chosen("winograd", "winograd", "winograd", new(4, 40, 40, 64, 64, 3, 3, 1, 1, 1));
        Chosen("winograd", "winograd", "winograd", new(4, 80, 80, 64, 64, 3, 3, 2, 1, 1));
        Chosen("winograd", "winograd", "winograd", new(4, 40, 40, 512, 512, 3, 3, 2, 1, 1));
        Chosen("winograd", "winograd", "winograd", new(4, 10, 10, 256, 64, 3, 3, 1, 1, 1));       // many channels for few pixels,
        Chosen("winograd", "winograd", weights, new(4, 10, 10, 64, 64, 3, 3, 1, 1, 1));           // 36 planes for few pixels
        Chosen(library, library, weights, new(16, 5, 5, 64, 64, 3, 3, 1, 1, 1));                  // tiles that are mostly outside
        Chosen(Avx512F.IsSupported ? rows : "onednn", rows, rows, new(4, 160, 160, 16, 32, 3, 3, 2, 1, 1));  // few channels
        Chosen(Avx512F.IsSupported ? rows : "onednn", library, rows, new(4, 160, 160, 3, 16, 3, 3, 2, 1, 1));  // pictures
        Chosen(rows, rows, rows, new(4, 40, 40, 16, 8, 3, 3, 1, 1, 1));
        Chosen(Avx512F.IsSupported ? "in_place" : "onednn", weights, weights, new(4, 40, 40, 64, 64, 1, 1, 1, 0, 1));
        Chosen(Avx512F.IsSupported ? "in_place" : "onednn", library, library, new(4, 40, 40, 12, 64, 1, 1, 1, 0, 1));  // channels that fill no vector
        Chosen(Avx512F.IsSupported ? "in_place" : "onednn", weights, weights, new(1, 5, 5, 512, 512, 1, 1, 1, 0, 1));  // few pixels
        string depthwise = Avx512F.IsSupported ? "depthwise" : "onednn";
        Chosen(depthwise, depthwise, "depthwise", new(4, 40, 40, 64, 64, 3, 3, 1, 1, 64));
        Chosen("onednn", "onednn", Avx512F.IsSupported ? "onednn" : "depthwise", new(4, 40, 40, 64, 64, 3, 3, 2, 1, 64));
        Chosen("onednn", "onednn", "onednn", new(4, 40, 40, 64, 64, 3, 3, 1, 1, 4));
    }

    /// <summary>Winograd's way has 36 products for 16 outputs at stride 1 and 81 at stride 2 (64 numbers of the data), of floats whatever the maps; another way has the formula's.</summary>
    [Fact]
    public void TheArithmeticIsTheImplementations()
    {
        using var backend = new CpuBackend();
        Conv2dShape unit = new(4, 40, 38, 64, 64, 3, 3, 1, 1, 1), strided = new(4, 80, 80, 64, 64, 3, 3, 2, 1, 1), pointwise = new(4, 40, 40, 64, 64, 1, 1, 1, 0, 1);
        using (new ForcedConvolutions("winograd"))
        {
            foreach (int pass in new[] { 0, 1, 2 })
            {
                Assert.Equal(new Arithmetic(2L * 4 * 10 * 10 * 36 * 64 * 64, DType.F32), backend.Conv2dArithmetic(unit, pass)); // 38 pixels are ten tiles too
                Assert.Equal(new Arithmetic(2L * 4 * 10 * 10 * 81 * 64 * 64, DType.F32), backend.Conv2dArithmetic(strided, pass, DType.BF16));
                Assert.Equal(new Arithmetic(pointwise.Flops, DType.F32), backend.Conv2dArithmetic(pointwise, pass));
            }
        }
        using (new ForcedConvolutions("onednn"))
        {
            var type = backend.Computes(DType.BF16) ? DType.BF16 : DType.F32;
            Assert.Equal(new Arithmetic(unit.Flops, type), backend.Conv2dArithmetic(unit, 0, DType.BF16));
        }
        Assert.Throws<InvalidOperationException>(() => backend.Conv2dArithmetic(unit, 3));
    }

    /// <summary>Where the library is compiled for products of bfloat16 pairs, which .NET does not tell, they are chosen but where Winograd has many tiles or many channels.</summary>
    [Fact]
    public void PairsAreChosenByShape()
    {
        using var backend = new CpuBackend();
        string Name(Conv2dShape shape, DType type = DType.BF16, int pass = 2) => backend.Conv2dImplementation(shape, pass, type);
        Conv2dShape few = new(16, 40, 40, 64, 64, 1, 1, 1, 0, 1), many = new(16, 40, 40, 64, 64, 3, 3, 1, 1, 1), grouped = new(16, 40, 40, 64, 64, 3, 3, 1, 1, 64);
        using (new ForcedConvolutions("pairs"))
            if (!Name(few).StartsWith("pairs", StringComparison.Ordinal)) return;
        Assert.StartsWith("pairs", Name(few), StringComparison.Ordinal);
        Assert.StartsWith("pairs", Name(new(16, 80, 80, 64, 64, 3, 3, 2, 1, 1)), StringComparison.Ordinal);
        Assert.StartsWith("rows", Name(new(16, 320, 320, 3, 16, 3, 3, 2, 1, 1), pass: 0), StringComparison.Ordinal);
        Assert.StartsWith("rows", Name(new(16, 40, 40, 16, 32, 3, 3, 1, 1, 1), pass: 1), StringComparison.Ordinal);
        Assert.StartsWith("pairs", Name(new(1, 20, 20, 3, 16, 3, 3, 2, 1, 1)), StringComparison.Ordinal);
        Assert.StartsWith("rows", Name(new(16, 80, 80, 64, 64, 3, 3, 2, 1, 1), pass: 0), StringComparison.Ordinal);
        foreach (var (shape, pass) in new (Conv2dShape, int)[] { (new(16, 80, 80, 64, 64, 3, 3, 2, 1, 1), 1), (few, 0), (few, 1) })
            Assert.Equal("onednn", Conv2dShapes.Family(Name(shape, pass: pass)));
        Assert.Equal("winograd", Name(many));
        Assert.Equal((DType.BF16, DType.F32), (backend.Conv2dArithmetic(few, 2, DType.BF16).Type, backend.Conv2dArithmetic(many, 2, DType.BF16).Type));
        Assert.Equal("winograd", Name(new(4, 40, 40, 256, 256, 3, 3, 1, 1, 1)));
        Assert.StartsWith("pairs", Name(new(4, 40, 40, 256, 256, 3, 3, 2, 1, 1)), StringComparison.Ordinal);
        foreach (string other in new[] { Name(grouped), Name(few, DType.F32), Name(few, DType.F16), Name(few, pass: 0), Name(few, pass: 1) })
            Assert.DoesNotContain("pairs", other, StringComparison.Ordinal);
    }
}
