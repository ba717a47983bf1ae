using System.Runtime.Intrinsics.X86;
using NativeTrain.Core.Ops;
using NativeTrain.Cpu;
using Xunit;

namespace NativeTrain.Core.Tests.Ops;

[Collection("convolutions")]
public sealed class Conv2dTests
{
    /// <summary>N, H, W, IC, OC, KH, KW, stride, pad, groups.</summary>
    private static readonly Conv2dShape[] Shapes =
    [
        new(2, 9, 11, 3, 16, 3, 3, 2, 1, 1),      // the stem's, on an odd map
        new(3, 9, 6, 3, 33, 3, 3, 1, 1, 1),       // its three channels at stride 1, with three vectors of outputs
        new(1, 1, 1, 17, 5, 1, 1, 1, 0, 1),       // a map of one pixel
        new(1, 1, 1, 17, 5, 3, 3, 1, 1, 1),
        new(1, 5, 5, 1, 1, 3, 3, 1, 1, 1),        // one channel
        new(2, 12, 8, 16, 32, 3, 3, 2, 1, 1),     // stride 2: even and odd sizes meet other taps
        new(2, 13, 7, 16, 32, 3, 3, 2, 1, 1),
        new(1, 12, 11, 8, 8, 3, 3, 3, 1, 1),
        new(1, 7, 9, 17, 3, 3, 3, 1, 1, 1),       // channels that fill no vector
        new(2, 3, 50, 19, 33, 3, 3, 1, 1, 1),
        new(3, 5, 6, 8, 8, 5, 5, 1, 2, 1),        // larger, and rectangular, kernels
        new(1, 6, 6, 7, 9, 3, 5, 1, 2, 1),
        new(1, 9, 9, 6, 6, 7, 7, 2, 3, 1),
        new(1, 4, 4, 6, 6, 3, 3, 1, 0, 1),        // no padding
        new(1, 7, 7, 5, 6, 2, 2, 2, 0, 1),        // a row and a column that no output reads
        new(1, 6, 6, 7, 9, 1, 1, 2, 0, 1),        // pixels between the strides, likewise
        new(2, 10, 10, 80, 1, 1, 1, 1, 0, 1),     // the head's last layer, by number of classes
        new(2, 10, 10, 80, 17, 1, 1, 1, 0, 1),
        new(1, 10, 10, 384, 24, 1, 1, 1, 0, 1),   // sums longer than one tile's
        new(3, 5, 7, 48, 80, 1, 1, 1, 0, 1),      // blocks of outputs that are not full
        new(1, 5, 6, 256, 9, 3, 3, 1, 1, 1),
        new(1, 4, 200, 4, 8, 3, 3, 1, 1, 1),      // rows longer than one block
        new(2, 9, 6, 17, 17, 3, 3, 1, 1, 17),     // depthwise
        new(1, 9, 9, 64, 64, 3, 3, 1, 1, 64),
        new(3, 1, 1, 48, 48, 3, 3, 1, 1, 48),     // pixels without neighbours,
        new(2, 23, 1, 80, 80, 3, 3, 1, 1, 80),    // and rows of one
        new(1, 9, 6, 80, 80, 3, 3, 2, 1, 80),
        new(1, 9, 8, 20, 20, 5, 5, 1, 2, 20),
        new(1, 6, 6, 12, 24, 3, 3, 1, 1, 4),      // groups of several channels
        new(2, 8, 12, 16, 32, 3, 3, 1, 1, 1),     // whole tiles of Winograd's,
        new(3, 9, 11, 32, 48, 3, 3, 1, 1, 1),     // cut ones, an odd number of vectors,
        new(1, 13, 7, 48, 16, 3, 3, 1, 0, 1),     // other paddings,
        new(1, 6, 9, 16, 16, 3, 3, 1, 2, 1),
        new(1, 80, 84, 16, 16, 3, 3, 1, 1, 1),    // more tiles than are worked on together,
        new(1, 80, 84, 32, 32, 3, 3, 1, 1, 1),    // in each chunk of a weight gradient too,
        new(1, 160, 160, 32, 16, 3, 3, 2, 1, 1),  // and the same at stride 2
        new(2, 16, 24, 64, 64, 3, 3, 2, 1, 1),
        new(1, 17, 23, 32, 48, 3, 3, 2, 1, 1),
        new(1, 7, 10, 16, 16, 3, 3, 2, 1, 1),
        new(3, 9, 11, 80, 224, 3, 3, 1, 1, 1),    // groups of tiles that all threads share,
        new(1, 6, 9, 144, 128, 3, 3, 1, 2, 1),
        new(2, 17, 23, 208, 80, 3, 3, 2, 1, 1),   // at stride 2 too
        new(3, 41, 37, 48, 70, 1, 1, 1, 0, 1),    // weight gradients in place: several chunks of one long row,
        new(2, 30, 11, 64, 129, 3, 3, 2, 1, 1),   // slices of output channels,
        new(1, 3, 400, 16, 3, 3, 3, 1, 1, 1),     // rows cut into blocks,
        new(2, 5, 5, 32, 8, 1, 1, 2, 1, 1),       // a tap that the first output does not meet,
        new(1, 4, 3, 16, 5, 5, 7, 1, 3, 1),       // and taps that hardly any output meets
        new(2, 23, 17, 17, 48, 1, 1, 1, 0, 1),    // outputs in place: several blocks, an odd number of vectors
        new(1, 1, 5, 200, 80, 1, 1, 1, 0, 1),     // and a block of few pixels
        new(8, 9, 11, 3, 33, 3, 3, 2, 1, 1),      // pairs of images of three channels, in several chunks,
        new(5, 9, 6, 3, 33, 3, 3, 1, 1, 1),       // pairs of halves of them,
        new(8, 9, 11, 16, 20, 3, 3, 1, 1, 1),     // more channels,
        new(2, 4, 4, 256, 129, 3, 3, 1, 1, 1),    // groups of kernel rows and of output channels,
        new(8, 64, 64, 3, 5, 3, 3, 64, 1, 1),     // pixels that lie far apart,
        new(1, 1, 1, 128, 5, 1, 1, 5, 2, 1),      // and outputs over padding alone
        new(2, 41, 40, 16, 8, 3, 3, 1, 1, 1),     // by rows: eight channels, in two blocks of rows,
        new(2, 23, 25, 8, 16, 3, 3, 1, 1, 1),     // odd rows and rows of odd lengths,
        new(1, 17, 23, 128, 48, 3, 3, 2, 1, 1),   // one vector beside pairs of them,
        new(1, 9, 6, 5, 8, 3, 3, 2, 1, 1),        // channels that fill no word,
        new(2, 5, 4, 16, 8, 2, 2, 1, 3, 1),       // rows of padding alone,
        new(1, 7, 8, 16, 16, 3, 5, 3, 2, 1),      // and columns that meet other numbers of taps
        new(2, 63, 65, 3, 32, 3, 3, 2, 1, 1),     // weight gradients by rows: pictures in several chunks,
        new(2, 41, 43, 8, 32, 3, 3, 1, 1, 1),     // eight channels,
        new(3, 38, 41, 16, 21, 3, 3, 2, 0, 1),    // and sixteen
        new(2, 30, 30, 80, 3, 1, 1, 1, 0, 1),     // what oneDNN computes wrongly in bfloat16: an odd number of outputs,
        new(2, 10, 12, 80, 63, 1, 1, 1, 0, 1),
        new(3, 2, 1, 16, 60, 3, 3, 3, 1, 4),      // and maps narrower than the stride
        new(2, 10, 1, 64, 32, 3, 3, 2, 1, 1),
    ];

    private static readonly string[] Implementations = ["", "onednn", "direct", "in_place", "rows", "winograd"];

    private static bool Winograd(CpuBackend backend, Conv2dShape shape, int pass) => backend.Conv2dImplementation(shape, pass) == "winograd";

    public static TheoryData<Conv2dShape, string> Cases
    {
        get
        {
            var cases = new TheoryData<Conv2dShape, string>();
            foreach (var shape in Shapes)
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
                Assert.Equal(Computes(backend, implementation, shape, pass) ? implementation : "direct", Family(name));
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

    private static string Family(string name) => Array.Find(["depthwise", "direct", "in_place", "rows", "winograd"], own => name.StartsWith(own, StringComparison.Ordinal)) ?? "onednn";

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
        foreach (var shape in Shapes)
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

    [Theory]
    [InlineData("direct", 1)]
    [InlineData("direct", 3)]
    [InlineData("in_place", 1)]
    [InlineData("in_place", 3)]
    [InlineData("rows", 1)]
    [InlineData("rows", 3)]
    [InlineData("winograd", 1)]
    [InlineData("winograd", 3)]
    public void OwnConvolutionsGiveTheSameBitsOnAnyNumberOfThreads(string implementation, int threads)
    {
        using var forced = new ForcedConvolutions(implementation);
        using var restored = new RestoredThreads();
        foreach (var shape in Shapes.Where(s => s.Groups == 1 || s.Groups == s.OC)) AssertSameBits(shape, threads, DType.F32);
    }

    /// <summary>All passes by two threads and by another number.</summary>
    /// <param name="shape">The convolution.</param>
    /// <param name="threads">The other number.</param>
    /// <param name="type">Of its maps.</param>
    /// <param name="weights">Whether the weight gradient is compared too, given the backend of two threads.</param>
    private static void AssertSameBits(Conv2dShape shape, int threads, DType type, Func<CpuBackend, bool>? weights = null)
    {
        var c = new ConvolutionCase(shape);
        using var backend = new CpuBackend(threads: 2);
        var two = c.Run(backend, type, type);
        using var other = new CpuBackend(threads);
        var actual = c.Run(other, type, type);
        Assert.Equal(two.Y, actual.Y);
        Assert.Equal(two.Dx, actual.Dx);
        if (weights?.Invoke(backend) ?? true) Assert.Equal(two.Dw, actual.Dw);
        Assert.Equal(two.Db, actual.Db);
    }

    /// <summary>Sums of products of bfloat16 pairs; elsewhere another way stands for it.</summary>
    [Theory]
    [InlineData("pairs", 1)]
    [InlineData("pairs", 3)]
    [InlineData("rows", 1)]
    [InlineData("rows", 3)]
    public void BFloat16ConvolutionsGiveTheSameBitsOnAnyNumberOfThreads(string implementation, int threads)
    {
        using var forced = new ForcedConvolutions(implementation);
        using var restored = new RestoredThreads();
        Conv2dShape[] large = [new(1, 40, 40, 64, 64, 1, 1, 1, 0, 1), new(3, 30, 23, 32, 24, 3, 3, 1, 1, 1), new(2, 9, 11, 96, 256, 3, 3, 2, 1, 1)];  // many chunks, several groups
        foreach (var shape in Shapes.Where(s => s.Groups == 1).Concat(large)) AssertSameBits(shape, threads, DType.BF16);
    }

    [Theory]
    [InlineData(1, DType.F32)]
    [InlineData(3, DType.F32)]
    [InlineData(1, DType.BF16)]
    [InlineData(3, DType.BF16)]
    public void TheConvolutionsOfTrainingGiveTheSameBitsOnAnyNumberOfThreads(int threads, DType type)
    {
        using var restored = new RestoredThreads();
        // oneDNN cuts the sum of a weight gradient by the number of threads; it has this pass on AVX-512 for some shapes, and in groups that are not depthwise.
        foreach (var shape in Shapes) AssertSameBits(shape, threads, type, backend => Family(backend.Conv2dImplementation(shape, 2, type)) != "onednn");
    }

    /// <summary>The rules of conv2d_ways.cpp: what is fast for the shape, and no timing.</summary>
    [Fact]
    public void ImplementationsAreChosenByShape()
    {
        using var backend = new CpuBackend();
        string library = Avx512F.IsSupported ? "onednn" : "direct", rows = Avx512F.IsSupported ? "rows" : "direct", weights = Avx512F.IsSupported ? "in_place" : "direct";
        void Chosen(string forward, string data, string weight, Conv2dShape shape) =>
            Assert.Equal((forward, data, weight), (Name(shape, 0), Name(shape, 1), Name(shape, 2)));
        string Name(Conv2dShape shape, int pass) => Family(backend.Conv2dImplementation(shape, pass));
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
            Assert.Equal("onednn", Family(Name(shape, pass: pass)));
        Assert.Equal("winograd", Name(many));
        Assert.Equal((DType.BF16, DType.F32), (backend.Conv2dArithmetic(few, 2, DType.BF16).Type, backend.Conv2dArithmetic(many, 2, DType.BF16).Type));
        Assert.Equal("winograd", Name(new(4, 40, 40, 256, 256, 3, 3, 1, 1, 1)));
        Assert.StartsWith("pairs", Name(new(4, 40, 40, 256, 256, 3, 3, 2, 1, 1)), StringComparison.Ordinal);
        foreach (string other in new[] { Name(grouped), Name(few, DType.F32), Name(few, DType.F16), Name(few, pass: 0), Name(few, pass: 1) })
            Assert.DoesNotContain("pairs", other, StringComparison.Ordinal);
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
