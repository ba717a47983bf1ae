using System.Text.Json;
using NativeTrain.Core;
using NativeTrain.Core.Ops;
using NativeTrain.Cpu;
using NativeTrain.Testing;
using Xunit;

namespace NativeTrain.Gradients.Tests;

/// <summary>Ops that are wrong on purpose, each in one way: every one must be caught, located, and explained.</summary>
public sealed class WrongOpsTests : IDisposable
{
    private static readonly Shape Map = new(2, 5, 6, 5);

    private readonly CpuBackend backend = new();

    public void Dispose() => backend.Dispose();

    [Fact]
    public void AFlippedSign() =>
        AssertCaught((tape, dy, x) => Send(tape, x, Through(tape, dy, x, g => -g)), "the ratio is -1: the sign is wrong");

    [Fact]
    public void OneFlippedSignIsLocated()
    {
        const int wrong = 137; // [0, 4, 3, 2]
        var result = Check((tape, dy, x) => Send(tape, x, Through(tape, dy, x, (g, i) => i == wrong ? -g : g)));
        var failed = Assert.Single(Assert.Single(result.Inputs, i => i.Uses == 1).Failed);
        Assert.Equal(wrong, failed.Index);
        Assert.Equal(-1, failed.Analytic / failed.Numeric, 3);
        Assert.Contains("at [0, 4, 3, 2]", result.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void AForgottenAccumulate() =>
        AssertCaught((tape, dy, x) => tape.Backend.SiluBackward(x, dy, tape.Sink(x, out _), accumulate: false), "ignores Sink's accumulate = true");

    [Fact]
    public void AddingWhereItShouldOverwrite() =>
        AssertCaught((tape, dy, x) => tape.Backend.SiluBackward(x, dy, tape.Sink(x, out _), accumulate: true), "adds where Sink says accumulate = false");

    /// <summary>A gradient that is no number is found, explained and written, whether or not its element is among those drawn.</summary>
    [Theory]
    [InlineData(float.NaN, 300)]
    [InlineData(float.PositiveInfinity, 300)]
    [InlineData(float.NegativeInfinity, 300)]
    [InlineData(float.NaN, 10)]
    [InlineData(float.PositiveInfinity, 10)]
    public void AGradientThatIsNoNumber(float value, int elements)
    {
        var result = Check((tape, dy, x) => Send(tape, x, Through(tape, dy, x, (g, i) => i is 7 or 60 ? value : g)), Map, elements);
        Assert.False(result.Passed);
        Assert.All(result.Inputs, i => Assert.True(double.IsFinite(i.Scale)));
        Assert.Contains("not a number", string.Join('\n', result.Explain()), StringComparison.Ordinal);

        using var folder = new TemporaryFolder();
        GradCheckJson.Write(folder.File("found.json"), "CPU", [result]);
        using var json = JsonDocument.Parse(File.ReadAllBytes(folder.File("found.json")));
        var input = json.RootElement.GetProperty("cases")[0].GetProperty("inputs")[0];
        Assert.True(input.GetProperty("largest").GetDouble() > 0);
        Assert.Contains(input.GetProperty("failed").EnumerateArray(), e => e.GetProperty("analytic").ValueKind == JsonValueKind.Null);
    }

    [Theory]
    [InlineData(1, "next channel")]
    [InlineData(5, "next column")]
    [InlineData(30, "next row")]
    [InlineData(150, "next image")]
    [InlineData(-1, "previous channel")]
    [InlineData(-30, "previous row")]
    public void AnOffsetOffByOne(int offset, string whose) =>
        AssertCaught((tape, dy, x) =>
        {
            float[] right = tape.Backend.ToFloats(Through(tape, dy, x, g => g));
            Send(tape, x, Through(tape, dy, x, (g, i) => i + offset >= 0 && i + offset < right.Length ? right[i + offset] : g));
        }, $"the right one of the {whose}");

    [Fact]
    public void AMissingFactor() =>
        AssertCaught((tape, dy, x) => Send(tape, x, Through(tape, dy, x, g => 0.3f * g)), "the ratio of analytic to numeric is 0.3 everywhere it fails: a constant factor");

    [Fact]
    public void AGradientCountedTwice() =>
        AssertCaught((tape, dy, x) => Send(tape, x, Through(tape, dy, x, g => 2 * g)), "counted twice");

    [Fact]
    public void AMissingMean() =>
        AssertCaught((tape, dy, x) => Send(tape, x, Through(tape, dy, x, g => Map[1] * Map[2] * g)), "as many as H·W: a mean's 1/n is missing");

    [Fact]
    public void AMeanDividedTwice() =>
        AssertCaught((tape, dy, x) => Send(tape, x, Through(tape, dy, x, g => g / (Map[1] * Map[2]))), "1/(H·W): divided by n once too often");

    [Fact]
    public void AGradientThatALaterUserOverwrites() =>
        AssertCaught((tape, dy, x) =>
        {
            Send(tape, x, Through(tape, dy, x, g => g));
            tape.Backend.Zero(tape.Sink(x, out _));
        }, "analytic values are zero where differences are not");

    [Fact]
    public void AWrongBorder() =>
        AssertCaught((tape, dy, x) => Send(tape, x, Through(tape, dy, x, (g, i) => i / Map.C % Map[2] == 0 ? 0 : g)), "only elements at the map's border");

    [Fact]
    public void OneWrongChannel() =>
        AssertCaught((tape, dy, x) => Send(tape, x, Through(tape, dy, x, (g, i) => i % Map.C == 2 ? 1.5f * g : g)), "only channel 2 of 5 is wrong");

    [Fact]
    public void AWrongRangeOfChannels() =>
        AssertCaught((tape, dy, x) => Send(tape, x, Through(tape, dy, x, (g, i) => i % Map.C is 1 or 2 ? 1.5f * g : g)), "only channels 1 to 2 of 5 are wrong: a slice's range");

    [Fact]
    public void ChannelsThatAreNoRange() =>
        AssertCaught((tape, dy, x) => Send(tape, x, Through(tape, dy, x, (g, i) => i % Map.C is 1 or 3 ? 1.5f * g : g)), "only channels 1, 3 are wrong, of 5");

    /// <summary>Vectors of four leave three of seven channels, and one of five; vectors of eight leave the last four of twelve, but none of eight.</summary>
    [Theory]
    [InlineData(7, 4, "only the last channels 4, 5, 6 are wrong, of 7: the remainder after whole vectors")]
    [InlineData(5, 4, "only the last channel 4 is wrong, of 5: the remainder after whole vectors")]
    [InlineData(12, 8, "only the last channels 8, 9, 10, 11 are wrong, of 12: the remainder after whole vectors")]
    [InlineData(8, 6, "only channels 6 to 7 of 8 are wrong: a slice's range")]
    public void AWrongRemainder(int channels, int first, string explanation) =>
        AssertCaught((tape, dy, x) => Send(tape, x, Through(tape, dy, x, (g, i) => i % channels >= first ? 0 : g)), explanation, new Shape(2, 3, 4, channels));

    [Theory]
    [InlineData(0b0100, "only image 2 is wrong")]
    [InlineData(0b1010, "only images 1, 3 are wrong")]
    public void WrongImages(int wrong, string explanation) =>
        AssertCaught((tape, dy, x) => Send(tape, x, Through(tape, dy, x, (g, i) => (wrong >> i / 18 & 1) == 1 ? 0.5f * g : g)), explanation, new Shape(4, 2, 3, 3));

    [Fact]
    public void AWrongFormula() =>
        AssertCaught((tape, dy, x) =>
        {
            // σ(x) alone: the term x·σ(x)·(1−σ(x)) is forgotten.
            var wrong = tape.New(x.Shape);
            for (int i = 0; i < x.Count; i++) wrong.HostSpan<float>()[i] = dy.HostSpan<float>()[i] / (1 + MathF.Exp(-x.HostSpan<float>()[i]));
            Send(tape, x, wrong);
        }, "the formula of the derivative is wrong");

    [Fact]
    public void NoGradient() => AssertCaught((_, _, _) => { }, "tape.Record is missing, or Backward returns before it asks for a Sink");

    [Fact]
    public void ALeak() =>
        AssertCaught((tape, dy, x) =>
        {
            Send(tape, x, Through(tape, dy, x, g => g));
            Tensor.Create(tape.Backend, x.Shape);
        }, "made by Tensor.Create and not disposed");

    [Fact]
    public void TheRightOnePasses()
    {
        var result = Check((tape, dy, x) => Send(tape, x, Through(tape, dy, x, g => g)));
        Assert.True(result.Passed, result.ToString());
        Assert.Empty(result.Explain());
    }

    private void AssertCaught(Action<Tape, Tensor, Tensor> backward, string explanation, Shape? shape = null)
    {
        var result = Check(backward, shape);
        Assert.False(result.Passed);
        Assert.Contains(explanation, string.Join('\n', result.Explain()), StringComparison.Ordinal);
    }

    /// <summary>SiLU with another backward pass: (tape, dy, x).</summary>
    private CaseResult Check(Action<Tape, Tensor, Tensor> backward, Shape? shape = null, int elements = 300) => GradCheck.Run(backend, (tape, x) =>
    {
        var y = tape.New(x[0].Shape);
        tape.Backend.SiluForward(x[0], y);
        tape.Record("wrong", () => backward(tape, Tape.GradOf(y)!, x[0]));
        return y;
    }, new GradCheckOptions { Elements = elements }, shape ?? Map);

    private static Tensor Through(Tape tape, Tensor dy, Tensor x, Func<float, float> spoil) => Through(tape, dy, x, (g, _) => spoil(g));

    /// <summary>The right gradient, spoiled element by element.</summary>
    private static Tensor Through(Tape tape, Tensor dy, Tensor x, Func<float, int, float> spoil)
    {
        var dx = tape.New(x.Shape);
        tape.Backend.SiluBackward(x, dy, dx, accumulate: false);
        for (int i = 0; i < x.Count; i++) dx.HostSpan<float>()[i] = spoil(dx.HostSpan<float>()[i], i);
        return dx;
    }

    private static void Send(Tape tape, Tensor x, Tensor gradient)
    {
        var dx = tape.Sink(x, out bool accumulate);
        tape.Backend.Copy(gradient, dx, accumulate);
    }
}
