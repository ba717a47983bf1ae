using static NativeTrain.Core.Ops.Require;

namespace NativeTrain.Core.Ops;

/// <summary>
/// Transposed convolution without padding: x [N,H,W,I], w [I,KH,KW,O] → y [N,(H−1)·s+KH,(W−1)·s+KW,O].
/// It is the data gradient of the convolution that maps y's shape to x's, so its own gradients are that
/// convolution's forward pass (dx) and weight gradient (dw). Keeps x and w.
/// </summary>
public static class ConvTranspose2d
{
    /// <summary>For people to read.</summary>
    public static OpFormula Formula { get; } = new("conv_transpose2d", "y[n, p·s+r, q·s+t, o] += x[n,p,q,i]·w[i,r,t,o], and b[o]",
        ["dx[n,p,q,i] = Σ dy[n, p·s+r, q·s+t, o]·w[i,r,t,o]: a convolution", "dw[i,r,t,o] = Σ x[n,p,q,i]·dy[n, p·s+r, q·s+t, o]", "db[o] = Σ dy"])
    {
        Saves = [new("x", "dw is a sum of products of x and dy")],
    };

    public static Tensor Forward(Tape tape, Tensor x, Parameter weight, Parameter? bias, int stride)
    {
        ArgumentNullException.ThrowIfNull(tape);
        ArgumentNullException.ThrowIfNull(x);
        ArgumentNullException.ThrowIfNull(weight);
        RequireMap("conv_transpose2d", x);
        RequireF32("conv_transpose2d", weight.Value);
        RequireF32("conv_transpose2d", bias?.Value);
        var w = weight.Value.Shape;
        if (!x.IsDense || w.Rank != 4 || w[0] != x.C) throw new ArgumentException($"conv_transpose2d: weights {w} do not fit x {x.Shape}");
        var s = new Conv2dShape(x.Shape[0], x.Shape[1], x.Shape[2], x.C, w[3], w[1], w[2], stride, 0, 1);
        var y = tape.New(new Shape(s.N, (s.H - 1) * stride + s.KH, (s.W - 1) * stride + s.KW, s.OC), x.Type);
        tape.Run("conv_transpose2d", "forward", () => tape.Backend.ConvTranspose2dForward(x, weight.Value, bias?.Value, y, s), () => Cost(tape, s, 1, x, y));
        tape.Record("conv_transpose2d", () => Backward(tape, x, weight, bias, y, s), () => new([new("x", x)], [new("y", y)], weight.Frozen ? [] : [new("x", x)], bias is null ? [weight] : [weight, bias]) { Settings = $"{s.KH}×{s.KW}, stride {s.Stride}" });
        return y;
    }

    private static void Backward(Tape tape, Tensor x, Parameter weight, Parameter? bias, Tensor y, Conv2dShape s)
    {
        if (Tape.GradOf(y) is not { } dy) return;
        if (!weight.Frozen || bias is { Frozen: false })
            tape.Run("conv_transpose2d", "backward_weight", () => tape.Backend.ConvTranspose2dBackwardWeight(x, dy, weight.Grad, bias?.Grad, s), () => Cost(tape, s, 2, x, y));
        if (!x.RequiresGrad) return;
        var dx = tape.Sink(x, out bool accumulate);
        using var part = accumulate ? Tensor.Create(tape.Backend, x.Shape, x.Type) : null;
        tape.Run("conv_transpose2d", "backward_data", () => tape.Backend.ConvTranspose2dBackwardData(dy, weight.Value, part ?? dx, s), () => Cost(tape, s, 0, x, y));
        if (part is not null) tape.Run("conv_transpose2d", "accumulate", () => tape.Backend.Copy(part, dx, accumulate: true), () => new OpCost(0, 3 * dx.Bytes));
    }

    /// <param name="pass">Of the convolution from y's shape to x's, which does the work.</param>
    private static OpCost Cost(Tape tape, in Conv2dShape s, int pass, Tensor x, Tensor y)
    {
        var convolution = s with { H = y.Shape[1], W = y.Shape[2], IC = s.OC, OC = s.IC };
        return OpCost.OfConvolution(tape.Backend, convolution, pass, x.Type, x.Bytes + y.Bytes);
    }
}
