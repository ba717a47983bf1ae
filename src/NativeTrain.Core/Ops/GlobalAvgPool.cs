using static NativeTrain.Core.Ops.Require;

namespace NativeTrain.Core.Ops;

/// <summary>The mean of every channel over a whole map, x [N,H,W,C] → y [N,C] in F32; dx = dy/(H·W) at every pixel. Keeps nothing.</summary>
public static class GlobalAvgPool
{
    /// <summary>For people to read.</summary>
    public static OpFormula Formula { get; } = new("global_avg_pool", "y[n,c] = mean of x[n,·,·,c]", ["dx[n,h,w,c] = dy[n,c]/(H·W)"]);

    public static Tensor Forward(Tape tape, Tensor x)
    {
        ArgumentNullException.ThrowIfNull(tape);
        ArgumentNullException.ThrowIfNull(x);
        RequireMap("global_avg_pool", x);
        if (x.Shape.Rank != 4 || x.Count == 0) throw new ArgumentException($"global_avg_pool wants x [N,H,W,C] with at least one pixel, not {x.Shape}");
        var y = tape.New(new Shape(x.Shape[0], x.C));
        tape.Run("global_avg_pool", "forward", () => tape.Backend.GlobalAvgPoolForward(x, y), () => new OpCost(0, x.Bytes + y.Bytes));
        tape.Record("global_avg_pool", () => Backward(tape, x, y), () => new([new("x", x)], [new("y", y)], [], []));
        return y;
    }

    private static void Backward(Tape tape, Tensor x, Tensor y)
    {
        if (Tape.GradOf(y) is not { } dy || !x.RequiresGrad) return;
        var dx = tape.Sink(x, out bool accumulate);
        tape.Run("global_avg_pool", "backward", () => tape.Backend.GlobalAvgPoolBackward(dy, dx, accumulate), () => new OpCost(0, dy.Bytes + dx.Bytes));
    }
}
