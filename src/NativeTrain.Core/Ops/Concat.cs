using static NativeTrain.Core.Ops.Require;

namespace NativeTrain.Core.Ops;

/// <summary>Joins maps of equal N, H, W along the channels, in the order given; each input receives its range of dy. Keeps nothing.</summary>
public static class Concat
{
    /// <summary>For people to read.</summary>
    public static OpFormula Formula { get; } = new("concat", "y = [x0 | x1 | …] along the channels", ["dxi = the channels of dy that xi filled"]);

    public static Tensor Forward(Tape tape, params IReadOnlyList<Tensor> parts)
    {
        ArgumentNullException.ThrowIfNull(tape);
        ArgumentNullException.ThrowIfNull(parts);
        foreach (var p in parts) RequireMap("concat", p, like: parts[0]);
        var first = parts[0].Shape;
        foreach (var p in parts)
            if (p.Shape.WithC(1) != first.WithC(1))
                throw new ArgumentException($"concat: {p.Shape} does not fit {first}");
        var y = tape.New(first.WithC(parts.Sum(p => p.C)), parts[0].Type);
        tape.Run("concat", "forward", () => ForEachPart(parts, (part, begin) => tape.Backend.Copy(part, y.Slice(begin, part.C), accumulate: false)), () => new OpCost(0, 2 * y.Bytes));
        tape.Record("concat", () => Backward(tape, parts, y), () => new([.. parts.Select((part, i) => new NamedTensor($"x{i}", part))], [new("y", y)], [], []));
        return y;
    }

    private static void Backward(Tape tape, IReadOnlyList<Tensor> parts, Tensor y)
    {
        if (Tape.GradOf(y) is not { } dy) return;
        tape.Run("concat", "backward", () => ForEachPart(parts, (part, begin) =>
        {
            if (!part.RequiresGrad) return;
            var d = tape.Sink(part, out bool accumulate);
            tape.Backend.Copy(dy.Slice(begin, part.C), d, accumulate);
        }), () => new OpCost(0, 2 * dy.Bytes));
    }

    private static void ForEachPart(IReadOnlyList<Tensor> parts, Action<Tensor, int> action)
    {
        int begin = 0;
        foreach (var part in parts)
        {
            action(part, begin);
            begin += part.C;
        }
    }
}
