using static NativeTrain.Core.Ops.Require;

namespace NativeTrain.Core.Ops;

/// <summary>y = x·σ(x), elementwise; dy/dx = σ(x)·(1 + x·(1−σ(x))). Keeps x. Source: Elfwing et al. 2017.</summary>
public static class Silu
{
    /// <summary>For people to read.</summary>
    public static OpFormula Formula { get; } = new("silu", "y = x·σ(x)", ["dx = dy·σ(x)·(1 + x·(1 − σ(x)))"])
    {
        Saves = [new("x", "σ(x) is computed again from it")],
        Source = "Elfwing et al. 2017",
    };

    public static Tensor Forward(Tape tape, Tensor x)
    {
        ArgumentNullException.ThrowIfNull(tape);
        ArgumentNullException.ThrowIfNull(x);
        RequireMap("silu", x);
        var y = tape.New(x.Shape, x.Type);
        tape.Run("silu", "forward", () => tape.Backend.SiluForward(x, y), () => new OpCost(0, 2 * x.Bytes));
        tape.Record("silu", () => Backward(tape, x, y), () => new([new("x", x)], [new("y", y)], [new("x", x)], []));
        return y;
    }

    private static void Backward(Tape tape, Tensor x, Tensor y)
    {
        if (Tape.GradOf(y) is not { } dy || !x.RequiresGrad) return;
        var dx = tape.Sink(x, out bool accumulate);
        tape.Run("silu", "backward", () => tape.Backend.SiluBackward(x, dy, dx, accumulate), () => new OpCost(0, 3 * x.Bytes));
    }
}
