using static NativeTrain.Core.Ops.Require;

namespace NativeTrain.Core.Ops;

/// <summary>
/// 2-D convolution (cross-correlation), NHWC: x [N,H,W,I], w [O,KH,KW,I/groups] → y [N,OH,OW,O].
/// y[n,p,q,o] = b[o] + Σ x[n, p·s+r−pad, q·s+t−pad, i] · w[o,r,t,i].
/// Keeps x (for dw) and w (for dx). Inputs must be dense.
/// </summary>
/// <remarks>Of a 16-bit map, the product's operands (the weights too) are rounded to its type and sums are float32; dw and db are float32.</remarks>
public static class Conv2d
{
    /// <summary>For people to read.</summary>
    public static OpFormula Formula { get; } = new("conv2d", "y[n,p,q,o] = b[o] + Σ x[n, p·s+r−pad, q·s+t−pad, i]·w[o,r,t,i]",
        ["dw[o,r,t,i] = Σ x[n, p·s+r−pad, q·s+t−pad, i]·dy[n,p,q,o] over n, p, q", "dx[n,h,v,i] = Σ dy[n,p,q,o]·w[o,r,t,i] over all p·s+r−pad = h, q·s+t−pad = v", "db[o] = Σ dy[n,p,q,o]"])
    {
        Saves = [new("x", "dw is a sum of products of x and dy")],
    };

    /// <param name="output">The type of y; null: x's. A head's last convolution of a 16-bit network gives its logits in F32.</param>
    public static Tensor Forward(Tape tape, Tensor x, Parameter weight, Parameter? bias, int stride, int pad, int groups, DType? output = null)
    {
        ArgumentNullException.ThrowIfNull(tape);
        ArgumentNullException.ThrowIfNull(x);
        ArgumentNullException.ThrowIfNull(weight);
        RequireMap("conv2d", x);
        RequireF32("conv2d", weight.Value);
        RequireF32("conv2d", bias?.Value);
        var s = ShapeOf(x, weight.Value.Shape, stride, pad, groups);
        var y = tape.New(new Shape(s.N, s.OH, s.OW, s.OC), output ?? x.Type);
        tape.Run("conv2d", "forward", () => tape.Backend.Conv2dForward(x, weight.Value, bias?.Value, y, s), () => Cost(tape, s, 0, x, y));
        tape.Record("conv2d", () => Backward(tape, x, weight, bias, y, s), () => new([new("x", x)], [new("y", y)], weight.Frozen ? [] : [new("x", x)], bias is null ? [weight] : [weight, bias]) { Settings = $"{s.KH}×{s.KW}, stride {s.Stride}, padding {s.Pad}" + (s.Groups > 1 ? $", {s.Groups} groups" : "") });
        return y;
    }

    /// <summary>dx = dy ⋆ flipped w; dw = x ⋆ dy; db = Σ dy over pixels.</summary>
    private static void Backward(Tape tape, Tensor x, Parameter weight, Parameter? bias, Tensor y, Conv2dShape s)
    {
        if (Tape.GradOf(y) is not { } dy) return;
        if (!weight.Frozen || bias is { Frozen: false })
            tape.Run("conv2d", "backward_weight", () => tape.Backend.Conv2dBackwardWeight(x, dy, weight.Grad, bias?.Grad, s), () => Cost(tape, s, 2, x, y));
        if (!x.RequiresGrad) return;
        var dx = tape.Sink(x, out bool accumulate);
        // The convolution's kernels overwrite; where another user of x was here first, add by hand.
        using var part = accumulate ? Tensor.Create(tape.Backend, x.Shape, x.Type) : null;
        tape.Run("conv2d", "backward_data", () => tape.Backend.Conv2dBackwardData(dy, weight.Value, part ?? dx, s), () => Cost(tape, s, 1, x, y));
        if (part is not null)
            tape.Run("conv2d", "accumulate", () => tape.Backend.Copy(part, dx, accumulate: true), () => new OpCost(0, 3 * dx.Bytes));
    }

    private static OpCost Cost(Tape tape, in Conv2dShape s, int pass, Tensor x, Tensor y) =>
        OpCost.OfConvolution(tape.Backend, s, pass, x.Type, x.Bytes + y.Bytes);

    private static Conv2dShape ShapeOf(Tensor x, Shape w, int stride, int pad, int groups)
    {
        if (x.Shape.Rank != 4) throw new ArgumentException($"conv2d wants x [N,H,W,C], not {x.Shape}");
        if (!x.IsDense) throw new ArgumentException("conv2d wants a dense x: copy the slice first");
        if (stride < 1 || pad < 0 || groups < 1) throw new ArgumentException($"conv2d: stride and groups are at least 1 and padding at least 0, not {stride}, {groups} and {pad}");
        if (w.Rank != 4 || w[3] * groups != x.C) throw new ArgumentException($"conv2d: weights {w} with {groups} groups do not fit x {x.Shape}");
        if (x.Shape[1] + 2 * pad < w[1] || x.Shape[2] + 2 * pad < w[2]) throw new ArgumentException($"conv2d: a {w[1]}×{w[2]} kernel does not fit in x {x.Shape} with padding {pad}");
        return new Conv2dShape(x.Shape[0], x.Shape[1], x.Shape[2], x.C, w[0], w[1], w[2], stride, pad, groups);
    }
}
