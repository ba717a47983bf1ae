using static NativeTrain.Core.Ops.Require;

namespace NativeTrain.Core.Ops;

/// <summary>
/// Self-attention over the T = H·W cells of a map. qkv [N,H,W,heads·(2·keyDim+headDim)] holds, per head, q, k and v;
/// y = softmax(q·kᵀ/√keyDim)·v, [N,H,W,heads·headDim]. Keeps qkv and P = the softmax [N,heads,T,T], F32 whatever the
/// map's type.
/// Source: Vaswani et al. 2017.
/// </summary>
public static class Attention
{
    /// <summary>For people to read.</summary>
    public static OpFormula Formula { get; } = new("attention", "P = softmax(q·kᵀ/√d), y = P·v", ["dv = Pᵀ·dy", "dP = dy·vᵀ, dS = P⊙(dP − rowsum(dP⊙P))", "dq = dS·k/√d", "dk = dSᵀ·q/√d"])
    {
        Saves = [new("qkv", "dq needs k, dk needs q, dP needs v"), new("p", "the softmax's gradient is a function of its value")],
        Source = "Vaswani et al. 2017",
    };

    public static Tensor Forward(Tape tape, Tensor qkv, int heads, int keyDim, int headDim)
    {
        ArgumentNullException.ThrowIfNull(tape);
        ArgumentNullException.ThrowIfNull(qkv);
        RequireMap("attention", qkv);
        if (!qkv.IsDense || qkv.C != heads * (2 * keyDim + headDim)) throw new ArgumentException($"attention: {qkv.Shape} is not {heads} heads of 2·{keyDim}+{headDim}");
        int tokens = (int)(qkv.Rows / qkv.Shape[0]);
        var y = tape.New(qkv.Shape.WithC(heads * headDim), qkv.Type);
        var p = tape.New(new Shape(qkv.Shape[0], heads, tokens, tokens));
        tape.Run("attention", "forward", () => tape.Backend.AttentionForward(qkv, y, p, heads, keyDim, headDim), () => new OpCost(2 * p.Count * (keyDim + headDim), qkv.Bytes + y.Bytes + p.Bytes));
        tape.Record("attention", () => Backward(tape, qkv, p, y, heads, keyDim, headDim), () => new([new("qkv", qkv)], [new("y", y)], [new("qkv", qkv), new("p", p)], []));
        return y;
    }

    /// <summary>dv = Pᵀ·dy; dP = dy·vᵀ; dS = P⊙(dP − rowsum(dP⊙P)); dq = dS·k/√keyDim; dk = dSᵀ·q/√keyDim.</summary>
    private static void Backward(Tape tape, Tensor qkv, Tensor p, Tensor y, int heads, int keyDim, int headDim)
    {
        if (Tape.GradOf(y) is not { } dy || !qkv.RequiresGrad) return;
        var dqkv = tape.Sink(qkv, out bool accumulate);
        tape.Run("attention", "backward", () => tape.Backend.AttentionBackward(qkv, p, dy, dqkv, heads, keyDim, headDim, accumulate), () => new OpCost(4 * p.Count * (keyDim + headDim), 2 * qkv.Bytes + dy.Bytes + p.Bytes));
    }
}
