using NativeTrain.Core;
using NativeTrain.Core.Ops;
using NativeTrain.Nn.Modules;

namespace NativeTrain.Vision.Models;

/// <summary>YOLO11's classify head: 1×1 convolution to 1280 channels, mean over the map, dropout, linear to nc logits.</summary>
public sealed class ClassifyHead : Head
{
    private const int Features = 1280;

    private readonly Conv conv;
    private readonly LinearLayer linear;

    public ClassifyHead(IBackend backend, int channels, int stride, int classes) : base(backend)
    {
        Strides = [stride];
        conv = Child("conv", new Conv(backend, channels, Features));
        linear = Child("linear", new LinearLayer(backend, Features, classes));
    }

    public override IReadOnlyList<int> Strides { get; }

    /// <summary>The share of the features that a training step drops, 0 up to below 1; drawn from the tape's key.</summary>
    public float Dropout { get; set; }

    public override HeadOutput Forward(Tape tape, IReadOnlyList<Tensor> levels)
    {
        ArgumentNullException.ThrowIfNull(tape);
        ArgumentNullException.ThrowIfNull(levels);
        using var scope = tape.Scope();
        var features = GlobalAvgPool.Forward(tape, conv.Forward(tape, levels[0]));
        features = Core.Ops.Dropout.Forward(tape, features, Dropout, tape.RandomKey);
        return new ClassifyOutput(scope.Keep(linear.Forward(tape, features)));
    }
}
