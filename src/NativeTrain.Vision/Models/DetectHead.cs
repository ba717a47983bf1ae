using NativeTrain.Core;
using NativeTrain.Nn.Modules;

namespace NativeTrain.Vision.Models;

/// <summary>
/// YOLO11's detect head. Per level a box branch (3×3, 3×3, 1×1 to 64 logits) and a class branch (depthwise 3×3 and
/// 1×1, twice, then 1×1 to nc logits). Logits are F32 whatever the maps' type.
/// </summary>
public class DetectHead : Head
{
    public const int RegMax = 16;

    private sealed class ClassBranch : Module
    {
        private readonly Conv[] convs;
        private readonly Conv2dLayer last;

        public ClassBranch(IBackend backend, int c, int c3, int nc) : base(backend)
        {
            convs =
            [
                Child("0.0", new Conv(backend, c, c, 3, groups: c)),
                Child("0.1", new Conv(backend, c, c3)),
                Child("1.0", new Conv(backend, c3, c3, 3, groups: c3)),
                Child("1.1", new Conv(backend, c3, c3)),
            ];
            last = Child("2", new Conv2dLayer(backend, c3, nc));
        }

        public Parameter Bias => last.Bias!;

        public Tensor Forward(Tape tape, Tensor x) => last.Forward(tape, convs.Aggregate(x, (t, conv) => conv.Forward(tape, t)), DType.F32);
    }

    private sealed class BoxBranch : Module
    {
        private readonly Conv cv0;
        private readonly Conv cv1;
        private readonly Conv2dLayer last;

        public BoxBranch(IBackend backend, int c, int c2) : base(backend)
        {
            cv0 = Child("0", new Conv(backend, c, c2, 3));
            cv1 = Child("1", new Conv(backend, c2, c2, 3));
            last = Child("2", new Conv2dLayer(backend, c2, 4 * RegMax));
        }

        public Parameter Bias => last.Bias!;

        public Tensor Forward(Tape tape, Tensor x) => last.Forward(tape, cv1.Forward(tape, cv0.Forward(tape, x)), DType.F32);
    }

    private readonly BoxBranch[] cv2;
    private readonly ClassBranch[] cv3;
    private readonly int classes;

    public DetectHead(IBackend backend, IReadOnlyList<int> channels, IReadOnlyList<int> strides, int classes) : base(backend)
    {
        ArgumentNullException.ThrowIfNull(channels);
        this.classes = classes;
        Strides = strides;
        int c2 = Math.Max(16, Math.Max(channels[0] / 4, 4 * RegMax)), c3 = Math.Max(channels[0], Math.Min(classes, 100));
        cv2 = [.. channels.Select((c, l) => Child($"cv2.{l}", new BoxBranch(backend, c, c2)))];
        cv3 = [.. channels.Select((c, l) => Child($"cv3.{l}", new ClassBranch(backend, c, c3, classes)))];
    }

    public override IReadOnlyList<int> Strides { get; }

    /// <summary>The 16 fixed weights of the DFL expectation.</summary>
    public override int FixedParameters => RegMax;

    public override HeadOutput Forward(Tape tape, IReadOnlyList<Tensor> levels) => Detect(tape, levels);

    /// <summary>Boxes and classes.</summary>
    protected DetectOutput Detect(Tape tape, IReadOnlyList<Tensor> levels)
    {
        ArgumentNullException.ThrowIfNull(levels);
        var box = new Tensor[levels.Count];
        var cls = new Tensor[levels.Count];
        for (int l = 0; l < levels.Count; l++)
        {
            using var scope = tape.Scope();
            box[l] = scope.Keep(cv2[l].Forward(tape, levels[l]));
            cls[l] = scope.Keep(cv3[l].Forward(tape, levels[l]));
        }
        return new DetectOutput(box, cls, Strides);
    }

    /// <summary>Biases start at 1 for boxes and log(5/nc/(640/stride)²) for classes: about five objects a 640-pixel image.</summary>
    public override void Initialize(ref InitRandom random)
    {
        base.Initialize(ref random);
        for (int l = 0; l < Strides.Count; l++)
        {
            Backend.Fill(cv2[l].Bias.Value, 1);
            Backend.Fill(cv3[l].Bias.Value, (float)Math.Log(5.0 / classes / Math.Pow(640.0 / Strides[l], 2)));
        }
    }
}
