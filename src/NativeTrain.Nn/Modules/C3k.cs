using NativeTrain.Core;

namespace NativeTrain.Nn.Modules;

/// <summary>Two 1×1 branches of c2/2 channels, one through n bottlenecks, joined by a 1×1 convolution.</summary>
public sealed class C3k : Inner
{
    private readonly Conv cv1;
    private readonly Conv cv2;
    private readonly Conv cv3;
    private readonly Bottleneck[] m;
    private readonly int hidden;

    public C3k(IBackend backend, int c1, int c2, int n = 2) : base(backend)
    {
        hidden = c2 / 2;
        cv1 = Child("cv1", new Conv(backend, c1, hidden));
        cv2 = Child("cv2", new Conv(backend, c1, hidden));
        cv3 = Child("cv3", new Conv(backend, 2 * hidden, c2));
        m = [.. Enumerable.Range(0, n).Select(i => Child($"m.{i}", new Bottleneck(backend, hidden, hidden, shortcut: true, e: 1)))];
    }

    public override (Tensor Y, Tensor? Copy) Forward(Tape tape, Tensor x, Tensor? into, bool copy)
    {
        var concat = tape.New(x.Shape.WithC(2 * hidden), x.Type);
        var last = cv1.Forward(tape, x);
        for (int i = 0; i < m.Length; i++)
            last = m[i].Forward(tape, last, i == m.Length - 1 ? concat.Slice(0, hidden) : null, copy: false).Y;
        cv2.Forward(tape, x, concat.Slice(hidden, hidden));
        return cv3.Forward(tape, concat, into, copyFrom: copy ? 0 : -1);
    }
}
