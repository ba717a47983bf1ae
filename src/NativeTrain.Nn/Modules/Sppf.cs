using NativeTrain.Core;
using NativeTrain.Core.Ops;

namespace NativeTrain.Nn.Modules;

/// <summary>Spatial pyramid pooling: 1×1 to c1/2, three chained k×k max-pools, 1×1 over the concat of all four.</summary>
public sealed class Sppf : Module
{
    private readonly Conv cv1;
    private readonly Conv cv2;
    private readonly int k;

    public Sppf(IBackend backend, int c1, int c2, int k) : base(backend)
    {
        this.k = k;
        cv1 = Child("cv1", new Conv(backend, c1, c1 / 2));
        cv2 = Child("cv2", new Conv(backend, c1 / 2 * 4, c2));
    }

    public Tensor Forward(Tape tape, Tensor x)
    {
        var y0 = cv1.Forward(tape, x);
        var y1 = MaxPool.Forward(tape, y0, k, 1, k / 2);
        var y2 = MaxPool.Forward(tape, y1, k, 1, k / 2);
        var y3 = MaxPool.Forward(tape, y2, k, 1, k / 2);
        return cv2.Forward(tape, Concat.Forward(tape, y0, y1, y2, y3));
    }
}
