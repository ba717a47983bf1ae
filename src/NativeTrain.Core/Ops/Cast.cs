using static NativeTrain.Core.Ops.Require;

namespace NativeTrain.Core.Ops;

/// <summary>
/// The same numbers in another element type, rounded to nearest even; x itself where it has the type already. dx is dy
/// in x's type. Stands between a 16-bit map and an op that wants F32. Keeps nothing.
/// </summary>
public static class Cast
{
    /// <summary>For people to read.</summary>
    public static OpFormula Formula { get; } = new("cast", "y = x, rounded to another type", ["dx = dy, in x's type"]);

    /// <param name="tape">Where to record.</param>
    /// <param name="x">F32, F16 or BF16; a slice is welcome, y is dense.</param>
    /// <param name="type">F32, F16 or BF16.</param>
    public static Tensor Forward(Tape tape, Tensor x, DType type)
    {
        ArgumentNullException.ThrowIfNull(tape);
        ArgumentNullException.ThrowIfNull(x);
        if (x.Type == type) return x;
        RequireMap("cast", x);
        var y = tape.New(x.Shape, type);
        RequireMap("cast", y);
        tape.Run("cast", "forward", () => tape.Backend.Copy(x, y, accumulate: false), () => new OpCost(0, x.Bytes + y.Bytes));
        tape.Record("cast", () => Backward(tape, x, y), () => new([new("x", x)], [new("y", y)], [], []));
        return y;
    }

    private static void Backward(Tape tape, Tensor x, Tensor y)
    {
        if (Tape.GradOf(y) is not { } dy || !x.RequiresGrad) return;
        var dx = tape.Sink(x, out bool accumulate);
        tape.Run("cast", "backward", () => tape.Backend.Copy(dy, dx, accumulate), () => new OpCost(0, dy.Bytes + dx.Bytes));
    }
}
