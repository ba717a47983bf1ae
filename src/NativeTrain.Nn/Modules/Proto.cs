using NativeTrain.Core;

namespace NativeTrain.Nn.Modules;

/// <summary>
/// The prototypes of masks, at twice the size of the map they are made from: 3×3 to <c>hidden</c> channels, transposed 2×2
/// stride 2, 3×3, 1×1 to the prototypes, [N,H,W,c1] → [N,2H,2W,prototypes].
/// </summary>
public sealed class Proto : Module
{
    private readonly Conv cv1;
    private readonly ConvTranspose2dLayer upsample;
    private readonly Conv cv2;
    private readonly Conv cv3;

    public Proto(IBackend backend, int c1, int hidden, int prototypes) : base(backend)
    {
        cv1 = Child("cv1", new Conv(backend, c1, hidden, 3));
        upsample = Child("upsample", new ConvTranspose2dLayer(backend, hidden, hidden, 2, 2));
        cv2 = Child("cv2", new Conv(backend, hidden, hidden, 3));
        cv3 = Child("cv3", new Conv(backend, hidden, prototypes));
    }

    public Tensor Forward(Tape tape, Tensor x) =>
        cv3.Forward(tape, cv2.Forward(tape, upsample.Forward(tape, cv1.Forward(tape, x))));
}
