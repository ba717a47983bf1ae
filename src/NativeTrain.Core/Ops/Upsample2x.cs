using static NativeTrain.Core.Ops.Require;

namespace NativeTrain.Core.Ops;

/// <summary>Nearest-neighbour ×2: y[n,i,j,c] = x[n,i/2,j/2,c]; dx is the sum over each 2×2 block of dy. Keeps nothing.</summary>
public static class Upsample2x
{
    /// <summary>For people to read.</summary>
    public static OpFormula Formula { get; } = new("upsample2x", "y[n,i,j,c] = x[n,⌊i/2⌋,⌊j/2⌋,c]", ["dx = Σ dy over each 2×2 block"]);

    /// <param name="tape">The tape to record on.</param>
    /// <param name="x">[N,H,W,C], also a range of channels of a wider map.</param>
    /// <param name="into">Where to write: a range of channels of a wider map; null makes a new map.</param>
    public static Tensor Forward(Tape tape, Tensor x, Tensor? into = null)
    {
        ArgumentNullException.ThrowIfNull(tape);
        ArgumentNullException.ThrowIfNull(x);
        RequireMap("upsample2x", x);
        RequireMap("upsample2x", into, like: x);
        var shape = new Shape(x.Shape[0], 2 * x.Shape[1], 2 * x.Shape[2], x.C);
        if (into is not null && into.Shape != shape) throw new ArgumentException($"upsample2x: {shape} cannot be written to {into.Shape}");
        var y = into ?? tape.New(shape, x.Type);
        tape.Run("upsample2x", "forward", () => tape.Backend.Upsample2xForward(x, y), () => new OpCost(0, x.Bytes + y.Bytes));
        tape.Record("upsample2x", () => Backward(tape, x, y), () => new([new("x", x)], [new("y", y)], [], []));
        return y;
    }

    private static void Backward(Tape tape, Tensor x, Tensor y)
    {
        if (Tape.GradOf(y) is not { } dy || !x.RequiresGrad) return;
        var dx = tape.Sink(x, out bool accumulate);
        tape.Run("upsample2x", "backward", () => tape.Backend.Upsample2xBackward(dy, dx, accumulate), () => new OpCost(0, dy.Bytes + dx.Bytes));
    }
}
