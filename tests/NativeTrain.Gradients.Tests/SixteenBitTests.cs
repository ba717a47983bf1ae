using NativeTrain.Core;
using NativeTrain.Core.Ops;
using NativeTrain.Cpu;
using Xunit;

namespace NativeTrain.Gradients.Tests;

/// <summary>
/// The cases of the gradient check over 16-bit maps: an op computes in float and rounds once, so outputs and
/// gradients lie within a few roundings of those of the same (rounded) inputs in F32.
/// </summary>
public sealed class SixteenBitTests : IDisposable
{
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
        float[][] values = CaseRun.Draw(backend, opCase, type);
        if (!opCase.AnyMap)
        {
            using var feed = new Feed(backend, opCase, values, type);
            Assert.Contains("want", Assert.Throws<ArgumentException>(() => opCase.Forward(feed)).Message, StringComparison.Ordinal);
            return;
        }
        // A rounding is half of 2⁻⁸ or 2⁻¹¹; attention rounds nothing between, but sums of many products differ most there.
        double tolerance = type == DType.BF16 ? 0.02 : 0.0025;
        foreach (int uses in opCase.OneUser ? new[] { 1 } : [1, 2])
        {
            var expected = CaseRun.Run(backend, opCase, values, DType.F32, type, uses);
            var actual = CaseRun.Run(backend, opCase, values, type, type, uses);
            for (int i = 0; i < expected.Length; i++)
                if (CaseRun.Difference(expected[i], actual[i], tolerance) is { } difference)
                    Assert.Fail($"array {i}, {uses} uses, {difference}");
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
}
