using NativeTrain.Core.Ops;
using NativeTrain.Cpu;
using Xunit;

namespace NativeTrain.Core.Tests.GradCheck;

/// <summary>
/// The cases of the gradient check over 16-bit maps: an op computes in float and rounds once, so outputs and
/// gradients lie within a few roundings of those of the same (rounded) inputs in F32.
/// </summary>
public sealed class SixteenBitTests : IDisposable
{
    /// <summary>The ops that take maps of any type. All others say that they want F32.</summary>
    private static readonly HashSet<Type> OfMaps =
    [
        typeof(Add), typeof(Attention), typeof(BatchNormAct), typeof(Cast), typeof(Concat), typeof(Contiguous), typeof(Conv2d),
        typeof(ConvTranspose2d), typeof(GlobalAvgPool), typeof(MaxPool), typeof(Silu), typeof(Softmax), typeof(Upsample2x),
    ];

    private readonly CpuBackend backend = new();

    public void Dispose() => backend.Dispose();

    public static TheoryData<string, DType> Cases
    {
        get
        {
            var all = new TheoryData<string, DType>();
            foreach (var c in OpCases.All)
                foreach (var type in new[] { DType.F16, DType.BF16 })
                    all.Add(c.ToString(), type);
            return all;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void OutputsAndGradientsAreThoseOfF32Rounded(string name, DType type)
    {
        var opCase = OpCases.All.Single(c => c.ToString() == name);
        float[][] values = Draw(opCase, type);
        if (!OfMaps.Contains(opCase.Op))
        {
            using var feed = new Feed(backend, opCase, values, type);
            Assert.Contains("want", Assert.Throws<ArgumentException>(() => opCase.Forward(feed)).Message, StringComparison.Ordinal);
            return;
        }
        // A rounding is half of 2⁻⁸ or 2⁻¹¹; attention rounds nothing between, but sums of many products differ most there.
        double tolerance = type == DType.BF16 ? 0.02 : 0.0025;
        foreach (int uses in opCase.OneUser ? new[] { 1 } : [1, 2])
        {
            var expected = Run(opCase, values, DType.F32, type, uses);
            var actual = Run(opCase, values, type, type, uses);
            for (int i = 0; i < expected.Length; i++) AssertNear(expected[i], actual[i], tolerance, $"array {i}, {uses} uses");
        }
    }

    [Fact]
    public void ATapeTakesNoMoreMemoryForTheMapsThanTheirType()
    {
        Assert.Equal(Peak(DType.F32), 2 * Peak(DType.F16));

        long Peak(DType type)
        {
            using var meta = new MetaBackend();
            using var tape = new Tape(meta);
            using var x = Tensor.Create(meta, new Shape(2, 8, 8, 16), type);
            x.RequiresGrad = true;
            var y = Upsample2x.Forward(tape, Silu.Forward(tape, x));
            Tape.GradOf(y)?.Dispose();
            tape.Sink(y, out _);
            return meta.Allocator.PeakBytes;
        }
    }

    [Fact]
    public void MapsOfTwoTypesAreRefused()
    {
        using var tape = new Tape(backend);
        Tensor a = tape.New(new Shape(1, 1, 1, 2), DType.F16), b = tape.New(new Shape(1, 1, 1, 2), DType.BF16);
        var e = Assert.Throws<ArgumentException>(() => Add.Forward(tape, a, b));
        Assert.Equal("add wants maps of one type, not F16[1, 1, 1, 2] and BF16[1, 1, 1, 2]", e.Message);
        e = Assert.Throws<ArgumentException>(() => Silu.Forward(tape, tape.New(new Shape(2), DType.U8)));
        Assert.Equal("silu wants F16, BF16 or F32, not U8[2]", e.Message);
    }

    /// <summary>The case's inputs, rounded to the type where they are maps.</summary>
    private float[][] Draw(OpCase opCase, DType type)
    {
        var random = new Random(7);
        return [.. opCase.Inputs.Select(i => i.Learned ? i.Draw(random, (int)i.Shape.Count) : Rounded(i.Draw(random, (int)i.Shape.Count), type))];
    }

    private float[] Rounded(float[] values, DType type)
    {
        using Tensor wide = Tensor.Create(backend, new Shape(values.Length)), narrow = Tensor.Create(backend, new Shape(values.Length), type);
        backend.Upload(System.Runtime.InteropServices.MemoryMarshal.AsBytes(values.AsSpan()), wide);
        backend.Copy(wide, narrow, accumulate: false);
        backend.Copy(narrow, wide, accumulate: false);
        return backend.ToFloats(wide);
    }

    /// <summary>Outputs, then the gradients of all inputs, under random dy that are rounded to <paramref name="rounding"/>.</summary>
    private float[][] Run(OpCase opCase, float[][] values, DType type, DType rounding, int uses)
    {
        using var feed = new Feed(backend, opCase, values, type);
        var outputs = Enumerable.Range(0, uses).SelectMany(_ => opCase.Forward(feed)).ToList();
        float[][] results = [.. outputs.Select(feed.Numbers)];
        var random = new Random(3);
        var loss = feed.Tape.New(new Shape(1));
        feed.Tape.Record("contraction", () =>
        {
            foreach (var y in outputs)
            {
                float[] dy = Rounded([.. Enumerable.Range(0, (int)y.Count).Select(_ => 2 * random.NextSingle() - 1)], rounding);
                using var numbers = Tensor.Create(backend, y.Shape);
                backend.Upload(System.Runtime.InteropServices.MemoryMarshal.AsBytes(dy.AsSpan()), numbers);
                backend.Copy(numbers, feed.Tape.Sink(y, out bool accumulate), accumulate);
            }
        });
        feed.Tape.Backward(loss);
        return [.. results, .. values.Select((_, i) => feed.Gradient(i))];
    }

    private static void AssertNear(float[] expected, float[] actual, double tolerance, string what)
    {
        Assert.Equal(expected.Length, actual.Length);
        double scale = Math.Max(0.05, expected.Max(Math.Abs));
        for (int i = 0; i < expected.Length; i++)
            if (!(Math.Abs(actual[i] - expected[i]) <= tolerance * scale))
                Assert.Fail($"{what}, element {i} of {expected.Length}: {actual[i]:R} instead of {expected[i]:R}, largest {scale:g4}");
    }
}
