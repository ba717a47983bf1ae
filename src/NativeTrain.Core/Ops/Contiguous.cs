using static NativeTrain.Core.Ops.Require;

namespace NativeTrain.Core.Ops;

/// <summary>
/// A dense copy of a range of channels (a "split" whose part feeds a convolution, which cannot read slices).
/// The slice receives dy. Keeps nothing. A split whose parts need not be dense is <see cref="Tensor.Slice"/>.
/// </summary>
public static class Contiguous
{
    /// <summary>For people to read.</summary>
    public static OpFormula Formula { get; } = new("contiguous", "y = x, dense", ["dx = dy"]);

    public static Tensor Forward(Tape tape, Tensor x)
    {
        ArgumentNullException.ThrowIfNull(tape);
        ArgumentNullException.ThrowIfNull(x);
        RequireMap("contiguous", x);
        var y = tape.New(x.Shape, x.Type);
        tape.Run("contiguous", "forward", () => tape.Backend.Copy(x, y, accumulate: false), () => new OpCost(0, x.Bytes + y.Bytes));
        tape.Record("contiguous", () => Backward(tape, x, y), () => new([new("x", x)], [new("y", y)], [], []));
        return y;
    }

    private static void Backward(Tape tape, Tensor x, Tensor y)
    {
        if (Tape.GradOf(y) is not { } dy || !x.RequiresGrad) return;
        var dx = tape.Sink(x, out bool accumulate);
        tape.Run("contiguous", "backward", () => tape.Backend.Copy(dy, dx, accumulate), () => new OpCost(0, dy.Bytes + dx.Bytes));
    }
}
