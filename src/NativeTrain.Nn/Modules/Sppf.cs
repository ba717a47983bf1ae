using NativeTrain.Core;
using NativeTrain.Core.Ops;

namespace NativeTrain.Nn.Modules;

/// <summary>
/// Spatial pyramid pooling: 1×1 to c1/2, three chained k×k max-pools, 1×1 over the concat of all four, into which each of them
/// is written by the pass that makes it.
/// </summary>
public sealed class Sppf : Module
{
    private readonly Conv cv1;
    private readonly Conv cv2;
    private readonly int k;
    private readonly int hidden;

    public Sppf(IBackend backend, int c1, int c2, int k) : base(backend)
    {
        this.k = k;
        hidden = c1 / 2;
        cv1 = Child("cv1", new Conv(backend, c1, c1 / 2));
        cv2 = Child("cv2", new Conv(backend, c1 / 2 * 4, c2));
    }

    public Tensor Forward(Tape tape, Tensor x) => Forward(tape, x, into: null, copy: false).Y;

    /// <inheritdoc cref="Inner.Forward"/>
    public (Tensor Y, Tensor? Copy) Forward(Tape tape, Tensor x, Tensor? into, bool copy)
    {
        var concat = tape.New(x.Shape.WithC(4 * hidden), x.Type);
        var (y, _) = cv1.Forward(tape, x, concat.Slice(0, hidden));
        for (int i = 1; i < 4; i++) y = MaxPool.Forward(tape, y, k, 1, k / 2, concat.Slice(i * hidden, hidden));
        return cv2.Forward(tape, concat, into, copyFrom: copy ? 0 : -1);
    }
}
