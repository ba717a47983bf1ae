using NativeTrain.Core;
using NativeTrain.Core.Ops;
using NativeTrain.Cpu;
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

    [Fact]
    public void AChannelOffByOne() =>
        AssertCaught((tape, dy, x) =>
        {
            var right = Through(tape, dy, x, g => g);
            var shifted = tape.New(x.Shape);
            for (int i = 0; i < x.Count; i++) shifted.HostSpan<float>()[i] = right.HostSpan<float>()[(int)Math.Min(i + 1, x.Count - 1)];
            Send(tape, x, shifted);
        }, "the right one of the next channel");

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
    public void AWrongBorder() =>
        AssertCaught((tape, dy, x) => Send(tape, x, Through(tape, dy, x, (g, i) => i / Map.C % Map[2] == 0 ? 0 : g)), "only elements at the map's border");

    [Fact]
    public void OneWrongChannel() =>
        AssertCaught((tape, dy, x) => Send(tape, x, Through(tape, dy, x, (g, i) => i % Map.C == 2 ? 1.5f * g : g)), "only channel 2 of 5 is wrong");

    [Fact]
    public void AWrongRemainder() =>
        AssertCaught((tape, dy, x) => Send(tape, x, Through(tape, dy, x, (g, i) => i % Map.C == 4 ? 0 : g)), "only channel 4 of 5 is wrong");

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

    private void AssertCaught(Action<Tape, Tensor, Tensor> backward, string explanation)
    {
        var result = Check(backward);
        Assert.False(result.Passed);
        Assert.Contains(explanation, string.Join('\n', result.Explain()), StringComparison.Ordinal);
    }

    /// <summary>SiLU with another backward pass: (tape, dy, x).</summary>
    private CaseResult Check(Action<Tape, Tensor, Tensor> backward) => GradCheck.Run(backend, (tape, x) =>
    {
        var y = tape.New(x[0].Shape);
        tape.Backend.SiluForward(x[0], y);
        tape.Record("wrong", () => backward(tape, Tape.GradOf(y)!, x[0]));
        return y;
    }, new GradCheckOptions { Elements = 300 }, Map);

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
