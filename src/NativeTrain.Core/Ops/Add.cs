using static NativeTrain.Core.Ops.Require;

namespace NativeTrain.Core.Ops;

/// <summary>y = a + b, elementwise; both inputs receive dy. Keeps nothing.</summary>
public static class Add
{
    /// <summary>For people to read.</summary>
    public static OpFormula Formula { get; } = new("add", "y = a + b", ["da = dy", "db = dy"]);

    public static Tensor Forward(Tape tape, Tensor a, Tensor b)
    {
        ArgumentNullException.ThrowIfNull(tape);
        ArgumentNullException.ThrowIfNull(a);
        ArgumentNullException.ThrowIfNull(b);
        RequireMap("add", a);
        RequireMap("add", b, like: a);
        if (a.Shape != b.Shape) throw new ArgumentException($"add: {a.Shape} and {b.Shape} differ");
        var y = tape.New(a.Shape, a.Type);
        tape.Run("add", "forward", () => tape.Backend.Add(a, b, y), () => new OpCost(0, 3 * y.Bytes));
        tape.Record("add", () => Backward(tape, a, b, y), () => new([new("a", a), new("b", b)], [new("y", y)], [], []));
        return y;
    }

    private static void Backward(Tape tape, Tensor a, Tensor b, Tensor y)
    {
        if (Tape.GradOf(y) is not { } dy) return;
        foreach (var input in (ReadOnlySpan<Tensor>)[a, b])
        {
            if (!input.RequiresGrad) continue;
            var d = tape.Sink(input, out bool accumulate);
            tape.Run("add", "backward", () => tape.Backend.Copy(dy, d, accumulate), () => new OpCost(0, 2 * d.Bytes));
        }
    }
}
