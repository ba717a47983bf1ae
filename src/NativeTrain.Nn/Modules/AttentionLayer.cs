using NativeTrain.Core;
using NativeTrain.Core.Ops;

namespace NativeTrain.Nn.Modules;

/// <summary>
/// Multi-head self-attention with a positional term: proj(attention(q,k,v) + pe(v)), all by 1×1 convolutions, pe a
/// 3×3 depthwise one. heads = max(c/64, 1), head_dim = c/heads, key_dim = head_dim/2.
/// </summary>
public sealed class AttentionLayer : Module
{
    private readonly Conv qkv;
    private readonly Conv proj;
    private readonly Conv pe;
    private readonly int heads;
    private readonly int headDim;
    private readonly int keyDim;

    public AttentionLayer(IBackend backend, int c) : base(backend)
    {
        heads = Math.Max(c / 64, 1);
        headDim = c / heads;
        keyDim = headDim / 2;
        qkv = Child("qkv", new Conv(backend, c, c + 2 * keyDim * heads, act: false));
        proj = Child("proj", new Conv(backend, c, c, act: false));
        pe = Child("pe", new Conv(backend, c, c, 3, groups: c, act: false));
    }

    /// <returns>x + attention(x).</returns>
    public Tensor Forward(Tape tape, Tensor x)
    {
        var packed = qkv.Forward(tape, x);
        var attended = Attention.Forward(tape, packed, heads, keyDim, headDim);
        int perHead = 2 * keyDim + headDim;
        var v = Concat.Forward(tape, [.. Enumerable.Range(0, heads).Select(h => packed.Slice(h * perHead + 2 * keyDim, headDim))]);
        var (sum, _) = pe.Forward(tape, v, into: null, residual: attended);
        return proj.Forward(tape, sum, into: null, residual: x).Y;
    }
}
