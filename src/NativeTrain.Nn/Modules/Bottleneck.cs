using NativeTrain.Core;

namespace NativeTrain.Nn.Modules;

/// <summary>A part of a C3k2 or C3k: maps x [N,H,W,c1] to [N,H,W,c2], written into a range of channels of a concat.</summary>
public abstract class Inner(IBackend backend) : Module(backend)
{
    /// <param name="tape">The tape to record on.</param>
    /// <param name="x">Dense input.</param>
    /// <param name="into">Where to write; null makes a new dense map.</param>
    /// <param name="copy">Whether a dense copy is wanted besides, for a convolution to read.</param>
    /// <returns>What was written, and the copy.</returns>
    public abstract (Tensor Y, Tensor? Copy) Forward(Tape tape, Tensor x, Tensor? into, bool copy);
}

/// <summary>3×3 convolution c1 → e·c2, 3×3 to c2; adds x where shortcut is set and c1 = c2.</summary>
public sealed class Bottleneck : Inner
{
    private readonly Conv cv1;
    private readonly Conv cv2;
    private readonly bool add;

    public Bottleneck(IBackend backend, int c1, int c2, bool shortcut, double e) : base(backend)
    {
        int hidden = (int)(c2 * e);
        cv1 = Child("cv1", new Conv(backend, c1, hidden, 3));
        cv2 = Child("cv2", new Conv(backend, hidden, c2, 3));
        add = shortcut && c1 == c2;
    }

    public override (Tensor Y, Tensor? Copy) Forward(Tape tape, Tensor x, Tensor? into, bool copy) =>
        cv2.Forward(tape, cv1.Forward(tape, x), into, add ? x : null, copy ? 0 : -1);
}
