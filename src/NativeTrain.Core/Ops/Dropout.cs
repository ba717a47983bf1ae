using static NativeTrain.Core.Ops.Require;

namespace NativeTrain.Core.Ops;

/// <summary>
/// y = x·m, where m is 0 with a probability p and 1/(1−p) otherwise; dx = dy·m. m is a function of the key and the
/// element's place, so that it is drawn again in the backward pass. Keeps nothing. Source: Srivastava et al. 2014.
/// </summary>
public static class Dropout
{
    /// <summary>For people to read.</summary>
    public static OpFormula Formula { get; } = new("dropout", "y = x·m, m = 0 with probability p, else 1/(1 − p)", ["dx = dy·m; m is drawn again from the same key"]) { Source = "Srivastava et al. 2014" };

    /// <param name="tape">Where to record. One that does not train drops nothing: y is x.</param>
    /// <param name="x">Any shape.</param>
    /// <param name="probability">0 (y is x) up to below 1.</param>
    /// <param name="key">Another key, other elements.</param>
    public static Tensor Forward(Tape tape, Tensor x, float probability, ulong key)
    {
        ArgumentNullException.ThrowIfNull(tape);
        ArgumentNullException.ThrowIfNull(x);
        RequireF32("dropout", x);
        if (probability is not (>= 0 and < 1)) throw new ArgumentOutOfRangeException(nameof(probability), probability, "dropout: at least 0 and below 1");
        if (!tape.Training || probability == 0) return x;
        var y = tape.New(x.Shape);
        tape.Run("dropout", "forward", () => tape.Backend.Dropout(x, y, probability, key, accumulate: false), () => new OpCost(0, 2 * x.Bytes));
        tape.Record("dropout", () => Backward(tape, x, y, probability, key), () => new([new("x", x)], [new("y", y)], [], []));
        return y;
    }

    private static void Backward(Tape tape, Tensor x, Tensor y, float probability, ulong key)
    {
        if (Tape.GradOf(y) is not { } dy || !x.RequiresGrad) return;
        var dx = tape.Sink(x, out bool accumulate);
        tape.Run("dropout", "backward", () => tape.Backend.Dropout(dy, dx, probability, key, accumulate), () => new OpCost(0, 2 * x.Bytes));
    }
}
