using static NativeTrain.Core.Ops.Require;

namespace NativeTrain.Core.Ops;

/// <summary>c = a·b for matrices a [M,K] and b [K,N]; da = dc·bᵀ, db = aᵀ·dc. Keeps a and b.</summary>
public static class MatMul
{
    /// <summary>For people to read.</summary>
    public static OpFormula Formula { get; } = new("matmul", "c = a·b", ["da = dc·bᵀ", "db = aᵀ·dc"])
    {
        Saves = [new("a", "db = aᵀ·dc"), new("b", "da = dc·bᵀ")],
    };

    public static Tensor Forward(Tape tape, Tensor a, Tensor b)
    {
        ArgumentNullException.ThrowIfNull(tape);
        ArgumentNullException.ThrowIfNull(a);
        ArgumentNullException.ThrowIfNull(b);
        RequireF32("matmul", a);
        RequireF32("matmul", b);
        if (a.Shape.Rank != 2 || b.Shape.Rank != 2 || a.C != b.Shape[0]) throw new ArgumentException($"matmul: {a.Shape} and {b.Shape} do not fit");
        var c = tape.New(new Shape(a.Shape[0], b.C));
        tape.Run("matmul", "forward", () => tape.Backend.MatMul(a, false, b, false, c, 1f, 0f), () => Cost(a, b, c));
        tape.Record("matmul", () => Backward(tape, a, b, c), () => new([new("a", a), new("b", b)], [new("c", c)], [new("a", a), new("b", b)], []));
        return c;
    }

    private static void Backward(Tape tape, Tensor a, Tensor b, Tensor c)
    {
        if (Tape.GradOf(c) is not { } dc) return;
        if (a.RequiresGrad)
        {
            var da = tape.Sink(a, out bool accumulate);
            tape.Run("matmul", "backward", () => tape.Backend.MatMul(dc, false, b, true, da, 1f, accumulate ? 1f : 0f), () => Cost(a, b, c));
        }
        if (b.RequiresGrad)
        {
            var db = tape.Sink(b, out bool accumulate);
            tape.Run("matmul", "backward", () => tape.Backend.MatMul(a, true, dc, false, db, 1f, accumulate ? 1f : 0f), () => Cost(a, b, c));
        }
    }

    private static OpCost Cost(Tensor a, Tensor b, Tensor c) => new(2 * a.Rows * a.C * b.C, a.Bytes + b.Bytes + c.Bytes);
}
