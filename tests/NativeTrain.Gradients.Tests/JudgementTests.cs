using NativeTrain.Core;
using NativeTrain.Core.Ops;
using NativeTrain.Cpu;
using Xunit;

namespace NativeTrain.Gradients.Tests;

/// <summary>What the check makes of places where differences are no derivative, and of networks.</summary>
public sealed class JudgementTests : IDisposable
{
    private readonly CpuBackend backend = new();

    public void Dispose() => backend.Dispose();

    /// <summary>All elements of a window are equal: whichever is given the gradient, it lies between the slopes on both sides.</summary>
    [Fact]
    public void ATieOfMaxPoolIsAKink()
    {
        var equal = new In(new Shape(1, 2, 2, 3), false, (_, count) => new float[count]);
        var result = GradCheck.Run(backend, new OpCase(typeof(MaxPool), "ties", [equal], f => [MaxPool.Forward(f.Tape, f[0], 2, 2, 0)]));
        Assert.True(result.Passed, result.ToString());
        Assert.Equal(12, result.Count(Verdict.Kink));
    }

    [Fact]
    public void AGradientBesideBothSlopesOfAKinkIsWrong()
    {
        var zero = new In(new Shape(1, 3), false, (_, count) => new float[count]);
        var result = GradCheck.Run(backend, new GradCase(CaseKind.Op, "Abs", "at 0", [zero], f => [Elementwise(f.Tape, f[0], Math.Abs, x => 3)]));
        Assert.Equal(3, result.Count(Verdict.Failed));
    }

    [Fact]
    public void AFunctionThatIsTooSteepIsNotCalledRight()
    {
        var result = GradCheck.Run(backend, (tape, x) => Elementwise(tape, x[0], v => Math.Sin(3e3 * v), v => 3e3 * Math.Cos(3e3 * v)), new Shape(2, 3));
        Assert.False(result.Passed);
        Assert.Contains("differences of this function say little", string.Join('\n', result.Explain()), StringComparison.Ordinal);
    }

    /// <summary>A network's layers are one direction each: some may be undecided, not most of them. An input with a shape stands for itself.</summary>
    [Theory]
    [InlineData(2, 2, false, null)]
    [InlineData(3, 2, false, "the layers: differences cannot tell: 3 of 5 are undecided")]
    [InlineData(2, 4, true, "x: differences cannot tell: 4 of 6 are undecided")]
    [InlineData(2, 3, true, null)]
    public void ANetworkMayHaveUndecidedLayers(int layers, int elements, bool ofInput, string? said)
    {
        static ElementResult Element(int index, bool undecided) => new(index, 1, 1, 1, 0, undecided ? Verdict.Undecided : Verdict.Passed);
        List<InputResult> inputs = [.. Enumerable.Range(0, 5).Select(l => new InputResult($"layer {l}", new Shape(), true, 1, 1, 0.01, [Element(-1, l < layers)]))];
        if (ofInput) inputs.Add(new InputResult("x", new Shape(2, 3), false, 1, 1, 0.01, [.. Enumerable.Range(0, 6).Select(e => Element(e, e < elements))]));
        var result = new CaseResult(CaseKind.Model, "network", "of five", DType.F32, inputs, [], 0);
        Assert.Equal(said is null, result.Passed);
        if (said is not null) Assert.Contains(said, result.ToString(), StringComparison.Ordinal);
    }

    /// <summary>Steps are halved where a function is curved: x⁹ between −1 and 1 is right to nearly all digits.</summary>
    [Fact]
    public void ACurvedFunctionIsDecided()
    {
        var result = GradCheck.Run(backend, (tape, x) => Elementwise(tape, x[0], v => Math.Pow(v, 9), v => 9 * Math.Pow(v, 8)), new Shape(5, 20));
        Assert.True(result.Passed, result.ToString());
        Assert.Equal(0, result.Count(Verdict.Undecided));
        Assert.InRange(result.Worst!.Worst.Error, 0, 1e-4);
    }

    /// <summary>Of four layers the third sends back what is wrong: it and those before it show it, and its parameter is right.</summary>
    [Fact]
    public void InANetworkTheLayerThatSendsBackWhatIsWrongIsNamed()
    {
        In[] inputs = [In.Tensor(1, 4, 5, 3) with { Name = "image" }, .. Enumerable.Range(0, 4).Select(l => In.Weight(3, 1, 1, 3) with { Name = $"model.{l}.weight", Group = $"layer {l}" })];
        var result = GradCheck.Run(backend, new GradCase(CaseKind.Model, "chain", "of four", inputs, f =>
        {
            var x = f[0];
            for (int l = 1; l <= 4; l++)
            {
                if (l == 3) x = Elementwise(f.Tape, x, v => v, v => -1);
                x = Conv2d.Forward(f.Tape, x, f.Learned(l), null, 1, 0, 1);
            }
            return [x];
        })
        { ByDirection = true, OneUser = true });
        Assert.Equal(["everything", "image", "layer 0", "layer 1", "model.1.weight"], result.Inputs.Where(i => i.Failed.Any()).Select(i => i.Name).Order());
        Assert.Contains("layer 1 is the last of 3 wrong layers and all after it are right", result.Explain()[0], StringComparison.Ordinal);
        Assert.Contains("model.1.weight: the ratio is -1: the sign is wrong", result.Explain());
    }

    private static Tensor Elementwise(Tape tape, Tensor x, Func<double, double> f, Func<double, double> derivative)
    {
        var y = tape.New(x.Shape);
        for (int i = 0; i < x.Count; i++) y.HostSpan<float>()[i] = (float)f(x.HostSpan<float>()[i]);
        tape.Record("elementwise", () =>
        {
            Tensor dy = Tape.GradOf(y)!, dx = tape.AccumulatingSink(x);
            for (int i = 0; i < x.Count; i++) dx.HostSpan<float>()[i] += (float)derivative(x.HostSpan<float>()[i]) * dy.HostSpan<float>()[i];
        });
        return y;
    }
}
