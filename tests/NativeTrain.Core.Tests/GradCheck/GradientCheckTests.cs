using NativeTrain.Core.Ops;
using NativeTrain.Cpu;
using Xunit;

namespace NativeTrain.Core.Tests.GradCheck;

/// <summary>The op table under the gradient check, and the check under ops that are wrong on purpose.</summary>
public sealed class GradientCheckTests : IDisposable
{
    /// <summary>Inference only: no gradient is promised.</summary>
    private static readonly Type[] WithoutGradient = [typeof(DetectionDecode)];

    private readonly CpuBackend backend = new();

    public void Dispose() => backend.Dispose();

    public static TheoryData<string> Names => [.. OpCases.All.Select(c => c.ToString())];

    [Theory]
    [MemberData(nameof(Names))]
    public void GradientsAreRight(string name) =>
        Assert.Empty(GradientCheck.Run(backend, OpCases.All.Single(c => c.ToString() == name)));

    [Fact]
    public void EveryOpHasACase()
    {
        var ops = typeof(Silu).Assembly.GetTypes().Where(t => t.Namespace == typeof(Silu).Namespace && t.GetMethod("Forward") is not null);
        var missing = ops.Except(OpCases.All.Select(c => c.Op)).Except(WithoutGradient).Select(t => t.Name);
        Assert.Empty(missing);
    }

    [Fact]
    public void AFlippedSignIsCaught() =>
        AssertCaught((tape, dy, x) => tape.Backend.SiluBackward(x, Negated(tape, dy), tape.Sink(x, out bool accumulate), accumulate), "difference");

    [Fact]
    public void AMissingGradientIsCaught() => AssertCaught((_, _, _) => { }, "every gradient is zero");

    [Fact]
    public void OverwritingAnotherUsersGradientIsCaught() =>
        AssertCaught((tape, dy, x) => tape.Backend.SiluBackward(x, dy, tape.Sink(x, out _), accumulate: false), "two uses");

    [Fact]
    public void ALeakIsCaught() =>
        AssertCaught((tape, dy, x) =>
        {
            tape.Backend.SiluBackward(x, dy, tape.Sink(x, out bool accumulate), accumulate);
            Tensor.Create(tape.Backend, x.Shape);
        }, "still live");

    /// <summary>SiLU with another backward pass (tape, dy, x) must fail the check, for the reason given.</summary>
    private void AssertCaught(Action<Tape, Tensor, Tensor> backward, string reason)
    {
        var wrong = new OpCase(typeof(Silu), "wrong on purpose", [In.Tensor(1, 2, 2, 3)], f =>
        {
            var y = f.Tape.New(f[0].Shape);
            f.Tape.Backend.SiluForward(f[0], y);
            f.Tape.Record("wrong", () => backward(f.Tape, Tape.GradOf(y)!, f[0]));
            return [y];
        });
        Assert.Contains(GradientCheck.Run(backend, wrong), problem => problem.Contains(reason, StringComparison.Ordinal));
    }

    private static Tensor Negated(Tape tape, Tensor t)
    {
        var negated = tape.New(t.Shape);
        for (int i = 0; i < t.Count; i++) negated.HostSpan<float>()[i] = -t.HostSpan<float>()[i];
        return negated;
    }
}
