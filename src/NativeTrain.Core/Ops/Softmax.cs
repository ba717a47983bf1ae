using static NativeTrain.Core.Ops.Require;

namespace NativeTrain.Core.Ops;

/// <summary>y = e^(x−max)/Σ e^(x−max) over the last axis; dx = y·(dy − Σ dy·y). Keeps y.</summary>
public static class Softmax
{
    /// <summary>For people to read.</summary>
    public static OpFormula Formula { get; } = new("softmax", "y = e^(x − max)/Σ e^(x − max) over the last axis", ["dx = y·(dy − Σ dy·y)"])
    {
        Saves = [new("y", "the gradient is a function of the value")],
    };

    public static Tensor Forward(Tape tape, Tensor x)
    {
        ArgumentNullException.ThrowIfNull(tape);
        ArgumentNullException.ThrowIfNull(x);
        RequireMap("softmax", x);
        var y = tape.New(x.Shape, x.Type);
        tape.Run("softmax", "forward", () => tape.Backend.SoftmaxForward(x, y), () => new OpCost(0, x.Bytes + y.Bytes));
        tape.Record("softmax", () => Backward(tape, x, y), () => new([new("x", x)], [new("y", y)], [new("y", y)], []));
        return y;
    }

    private static void Backward(Tape tape, Tensor x, Tensor y)
    {
        if (Tape.GradOf(y) is not { } dy || !x.RequiresGrad) return;
        var dx = tape.Sink(x, out bool accumulate);
        tape.Run("softmax", "backward", () => tape.Backend.SoftmaxBackward(y, dy, dx, accumulate), () => new OpCost(0, dy.Bytes + dx.Bytes));
    }
}
