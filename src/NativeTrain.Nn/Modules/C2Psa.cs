using NativeTrain.Core;
using NativeTrain.Core.Ops;

namespace NativeTrain.Nn.Modules;

/// <summary>x += attention(x); x += ffn(x), ffn a 1×1 convolution to 2c and one back without activation.</summary>
public sealed class PsaBlock : Module
{
    private readonly AttentionLayer attn;
    private readonly Conv ffn0;
    private readonly Conv ffn1;

    public PsaBlock(IBackend backend, int c) : base(backend)
    {
        attn = Child("attn", new AttentionLayer(backend, c));
        ffn0 = Child("ffn.0", new Conv(backend, c, 2 * c));
        ffn1 = Child("ffn.1", new Conv(backend, 2 * c, c, act: false));
    }

    public Tensor Forward(Tape tape, Tensor x)
    {
        x = attn.Forward(tape, x);
        return ffn1.Forward(tape, ffn0.Forward(tape, x), into: null, residual: x).Y;
    }
}

/// <summary>1×1 convolution, split in halves a and b; b through n <see cref="PsaBlock"/>s; 1×1 over concat(a, b).</summary>
public sealed class C2Psa : Module
{
    private readonly Conv cv1;
    private readonly Conv cv2;
    private readonly PsaBlock[] m;
    private readonly int half;

    public C2Psa(IBackend backend, int c, int n) : base(backend)
    {
        half = c / 2;
        cv1 = Child("cv1", new Conv(backend, c, 2 * half));
        cv2 = Child("cv2", new Conv(backend, 2 * half, c));
        m = [.. Enumerable.Range(0, n).Select(i => Child($"m.{i}", new PsaBlock(backend, half)))];
    }

    public Tensor Forward(Tape tape, Tensor x) => Forward(tape, x, into: null, copy: false).Y;

    /// <inheritdoc cref="Inner.Forward"/>
    public (Tensor Y, Tensor? Copy) Forward(Tape tape, Tensor x, Tensor? into, bool copy)
    {
        var (y, b) = cv1.Forward(tape, x, into: null, copyFrom: half);
        foreach (var block in m) b = block.Forward(tape, b!);
        return cv2.Forward(tape, Concat.Forward(tape, y.Slice(0, half), b!), into, copyFrom: copy ? 0 : -1);
    }
}
