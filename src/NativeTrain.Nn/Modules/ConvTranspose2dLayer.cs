using NativeTrain.Core;
using NativeTrain.Core.Ops;

namespace NativeTrain.Nn.Modules;

/// <summary>
/// A bare transposed convolution with bias, no padding. Weights and bias start as U(−1/√fan_in, 1/√fan_in),
/// fan_in = k²·c2, as in PyTorch, which counts the outputs here (He initialisation with a = √5).
/// </summary>
public sealed class ConvTranspose2dLayer : Module
{
    private readonly int stride;

    public ConvTranspose2dLayer(IBackend backend, int c1, int c2, int k, int stride) : base(backend)
    {
        this.stride = stride;
        Weight = NewParameter("weight", new Shape(c1, k, k, c2), ParameterKind.Weight);
        Bias = NewParameter("bias", new Shape(c2), ParameterKind.Bias);
    }

    /// <summary>[c1, k, k, c2].</summary>
    public Parameter Weight { get; }
    public Parameter Bias { get; }

    public Tensor Forward(Tape tape, Tensor x) => ConvTranspose2d.Forward(tape, x, Weight, Bias, stride);

    public override void Initialize(ref InitRandom random)
    {
        var s = Weight.Value.Shape;
        float bound = 1f / MathF.Sqrt(s[1] * s[2] * s[3]);
        random.Uniform(Backend, Weight.Value, bound);
        random.Uniform(Backend, Bias.Value, bound);
    }
}
