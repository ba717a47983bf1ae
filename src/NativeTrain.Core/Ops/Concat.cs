using static NativeTrain.Core.Ops.Require;

namespace NativeTrain.Core.Ops;

/// <summary>
/// Joins maps of equal N, H, W along the channels, in the order given; each input receives its range of dy. Keeps nothing.
/// An input that already is its range of the joined map (its op wrote it there) is not copied, and finds its gradient in place.
/// </summary>
public static class Concat
{
    /// <summary>For people to read.</summary>
    public static OpFormula Formula { get; } = new("concat", "y = [x0 | x1 | …] along the channels", ["dxi = the channels of dy that xi filled"]);

    public static Tensor Forward(Tape tape, params IReadOnlyList<Tensor> parts) => Forward(tape, parts, into: null);

    /// <param name="tape">The tape to record on.</param>
    /// <param name="parts">The inputs.</param>
    /// <param name="into">The joined map, dense, of which inputs may be ranges already; null makes a new one.</param>
    public static Tensor Forward(Tape tape, IReadOnlyList<Tensor> parts, Tensor? into)
    {
        ArgumentNullException.ThrowIfNull(tape);
        ArgumentNullException.ThrowIfNull(parts);
        foreach (var p in parts) RequireMap("concat", p, like: parts[0]);
        var shape = parts[0].Shape.WithC(parts.Sum(p => p.C));
        foreach (var p in parts)
            if (p.Shape.WithC(shape.C) != shape)
                throw new ArgumentException($"concat: {p.Shape} does not fit {parts[0].Shape}");
        RequireMap("concat", into, like: parts[0]);
        if (into is not null && (into.Shape != shape || !into.IsDense)) throw new ArgumentException($"concat: {into} is no dense {shape}");
        var y = into ?? tape.New(shape, parts[0].Type);
        var copied = Copied(parts, y);
        if (copied.Count > 0)
            tape.Run("concat", "forward", () => copied.ForEach(c => tape.Backend.Copy(c.Part, y.Slice(c.Begin, c.Part.C), accumulate: false)), () => new OpCost(0, 2 * copied.Sum(c => c.Part.Bytes)));
        tape.Record("concat", () => Backward(tape, copied, y), () => new([.. parts.Select((part, i) => new NamedTensor($"x{i}", part))], [new("y", y)], [], []));
        return y;
    }

    private static void Backward(Tape tape, List<(Tensor Part, int Begin)> copied, Tensor y)
    {
        if (Tape.GradOf(y) is not { } dy || copied.Count == 0) return;
        tape.Run("concat", "backward", () =>
        {
            foreach (var (part, begin) in copied)
            {
                if (!part.RequiresGrad) continue;
                var d = tape.Sink(part, out bool accumulate);
                tape.Backend.Copy(dy.Slice(begin, part.C), d, accumulate);
            }
        }, () => new OpCost(0, 2 * copied.Sum(c => c.Part.Bytes)));
    }

    /// <summary>The inputs that are not their range of y, and where it begins.</summary>
    private static List<(Tensor Part, int Begin)> Copied(IReadOnlyList<Tensor> parts, Tensor y)
    {
        var copied = new List<(Tensor, int)>();
        int begin = 0;
        foreach (var part in parts)
        {
            if (part.Whole != y || part.Offset != y.Offset + begin) copied.Add((part, begin));
            begin += part.C;
        }
        return copied;
    }
}
