using NativeTrain.Core;

namespace NativeTrain.Nn.Modules;

/// <summary>
/// 1×1 convolution to 2c channels, split in halves; n inner blocks, each fed with the last piece; 1×1 convolution
/// over all 2 + n pieces. c = e·c2. The pieces are written straight into the concat by the passes that make them.
/// </summary>
public sealed class C3k2 : Module
{
    private readonly Conv cv1;
    private readonly Conv cv2;
    private readonly Inner[] m;
    private readonly int c;

    public C3k2(IBackend backend, int c1, int c2, int n, bool c3k, double e = 0.5) : base(backend)
    {
        c = (int)(c2 * e);
        cv1 = Child("cv1", new Conv(backend, c1, 2 * c));
        cv2 = Child("cv2", new Conv(backend, (2 + n) * c, c2));
        m = [.. Enumerable.Range(0, n).Select(i => Child($"m.{i}", c3k ? (Inner)new C3k(backend, c, c) : new Bottleneck(backend, c, c, shortcut: true, e: 0.5)))];
    }

    public Tensor Forward(Tape tape, Tensor x) => Forward(tape, x, into: null, copy: false).Y;

    /// <inheritdoc cref="Inner.Forward"/>
    public (Tensor Y, Tensor? Copy) Forward(Tape tape, Tensor x, Tensor? into, bool copy)
    {
        var concat = tape.New(x.Shape.WithC((2 + m.Length) * c), x.Type);
        var (_, last) = cv1.Forward(tape, x, concat.Slice(0, 2 * c), copyFrom: c);
        for (int i = 0; i < m.Length; i++)
            (_, last) = m[i].Forward(tape, last!, concat.Slice((2 + i) * c, c), copy: i < m.Length - 1);
        return cv2.Forward(tape, concat, into, copyFrom: copy ? 0 : -1);
    }
}
