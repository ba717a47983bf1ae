using NativeTrain.Core;
using NativeTrain.Core.Ops;
using NativeTrain.Nn.Modules;

namespace NativeTrain.Vision.Models;

/// <summary>
/// YOLO11's segment head: the detect head, and prototypes with coefficients to mix them, per cell (3×3, 3×3, 1×1).
/// A cell's mask is σ(prototypes · coefficients). Like the logits, both are F32 whatever the maps' type. Source: Bolya et al., "YOLACT", ICCV 2019.
/// </summary>
public sealed class SegmentHead : DetectHead
{
    private sealed class CoefficientBranch : Module
    {
        private readonly Conv cv0;
        private readonly Conv cv1;
        private readonly Conv2dLayer last;

        public CoefficientBranch(IBackend backend, int c, int c4, int prototypes) : base(backend)
        {
            cv0 = Child("0", new Conv(backend, c, c4, 3));
            cv1 = Child("1", new Conv(backend, c4, c4, 3));
            last = Child("2", new Conv2dLayer(backend, c4, prototypes));
        }

        public Tensor Forward(Tape tape, Tensor x) => last.Forward(tape, cv1.Forward(tape, cv0.Forward(tape, x)), DType.F32);
    }

    private readonly Proto proto;
    private readonly CoefficientBranch[] cv4;

    /// <param name="backend">Where the parameters live.</param>
    /// <param name="channels">Of every level.</param>
    /// <param name="strides">Of every level, in image pixels.</param>
    /// <param name="classes">Class logits of a cell.</param>
    /// <param name="prototypes">Prototypes, and coefficients of a cell.</param>
    /// <param name="hidden">Channels that the prototypes are made from.</param>
    public SegmentHead(IBackend backend, IReadOnlyList<int> channels, IReadOnlyList<int> strides, int classes, int prototypes, int hidden)
        : base(backend, channels, strides, classes)
    {
        int c4 = Math.Max(channels[0] / 4, prototypes);
        proto = Child("proto", new Proto(backend, channels[0], hidden, prototypes));
        cv4 = [.. channels.Select((c, l) => Child($"cv4.{l}", new CoefficientBranch(backend, c, c4, prototypes)))];
        Prototypes = prototypes;
    }

    public int Prototypes { get; }

    /// <summary>Image pixels per pixel of the prototypes, which are twice as fine as the first level.</summary>
    public int PrototypeStride => Strides[0] / 2;

    public override HeadOutput Forward(Tape tape, IReadOnlyList<Tensor> levels)
    {
        ArgumentNullException.ThrowIfNull(tape);
        ArgumentNullException.ThrowIfNull(levels);
        var coefficients = new Tensor[levels.Count];
        Tensor prototypes;
        using (var scope = tape.Scope()) prototypes = scope.Keep(Cast.Forward(tape, proto.Forward(tape, levels[0]), DType.F32));
        for (int l = 0; l < levels.Count; l++)
        {
            using var scope = tape.Scope();
            coefficients[l] = scope.Keep(cv4[l].Forward(tape, levels[l]));
        }
        var detect = Detect(tape, levels);
        return new SegmentOutput(detect.Box, detect.Cls, Strides, coefficients, prototypes);
    }
}
