using static NativeTrain.Core.Ops.Require;

namespace NativeTrain.Core.Ops;

/// <summary>
/// y = x·wᵀ + b for rows x [N,I], weights w [O,I] and bias b [O] → y [N,O]; dx = dy·w, dw = dyᵀ·x, db = Σ dy over rows.
/// Keeps x and w. It is the 1×1 convolution of an image whose pixels are the rows, and runs on that one's kernels.
/// </summary>
public static class Linear
{
    /// <summary>For people to read.</summary>
    public static OpFormula Formula { get; } = new("linear", "y = x·wᵀ + b", ["dx = dy·w", "dw = dyᵀ·x", "db = Σ dy over rows"])
    {
        Saves = [new("x", "dw = dyᵀ·x")],
    };

    public static Tensor Forward(Tape tape, Tensor x, Parameter weight, Parameter bias)
    {
        ArgumentNullException.ThrowIfNull(tape);
        ArgumentNullException.ThrowIfNull(x);
        ArgumentNullException.ThrowIfNull(weight);
        ArgumentNullException.ThrowIfNull(bias);
        RequireF32("linear", x);
        RequireF32("linear", weight.Value);
        RequireF32("linear", bias.Value);
        var w = weight.Value.Shape;
        if (x.Shape.Rank != 2 || !x.IsDense) throw new ArgumentException($"linear wants dense rows [N,I], not {x.Shape}");
        if (w.Rank != 2 || w[1] != x.C || bias.Value.Shape != new Shape(w[0])) throw new ArgumentException($"linear: weights {w} and bias {bias.Value.Shape} do not fit x {x.Shape}");
        var s = new Conv2dShape(1, x.Shape[0], 1, x.C, w[0], 1, 1, 1, 0, 1);
        var y = tape.New(new Shape(x.Shape[0], w[0]));
        tape.Run("linear", "forward", () => tape.Backend.Conv2dForward(x, weight.Value, bias.Value, y, s), () => Cost(tape, s, 0, x, y));
        tape.Record("linear", () => Backward(tape, x, weight, bias, y, s), () => new([new("x", x)], [new("y", y)], weight.Frozen ? [] : [new("x", x)], [weight, bias]));
        return y;
    }

    private static void Backward(Tape tape, Tensor x, Parameter weight, Parameter bias, Tensor y, Conv2dShape s)
    {
        if (Tape.GradOf(y) is not { } dy) return;
        if (!weight.Frozen || !bias.Frozen)
            tape.Run("linear", "backward_weight", () => tape.Backend.Conv2dBackwardWeight(x, dy, weight.Grad, bias.Grad, s), () => Cost(tape, s, 2, x, y));
        if (!x.RequiresGrad) return;
        var dx = tape.Sink(x, out bool accumulate);
        // The convolution's kernels overwrite; where another user of x was here first, add by hand.
        using var part = accumulate ? Tensor.Create(tape.Backend, x.Shape) : null;
        tape.Run("linear", "backward_data", () => tape.Backend.Conv2dBackwardData(dy, weight.Value, part ?? dx, s), () => Cost(tape, s, 1, x, y));
        if (part is not null)
            tape.Run("linear", "accumulate", () => tape.Backend.Copy(part, dx, accumulate: true), () => new OpCost(0, 3 * dx.Bytes));
    }

    private static OpCost Cost(Tape tape, in Conv2dShape s, int pass, Tensor x, Tensor y) =>
        OpCost.OfConvolution(tape.Backend, s, pass, x.Type, x.Bytes + y.Bytes);
}
