using NativeTrain.Core;
using NativeTrain.Core.Ops;

namespace NativeTrain.Nn.Modules;

/// <summary>
/// A bare convolution, padding k/2. Weights start as U(−1/√fan_in, 1/√fan_in), fan_in = k²·c1/groups, as in
/// PyTorch (He initialisation with a = √5), the bias likewise.
/// </summary>
public sealed class Conv2dLayer : Module
{
    private readonly int stride;
    private readonly int pad;
    private readonly int groups;

    public Conv2dLayer(IBackend backend, int c1, int c2, int k = 1, int stride = 1, int groups = 1, bool bias = true) : base(backend)
    {
        this.stride = stride;
        this.groups = groups;
        pad = k / 2;
        Weight = NewParameter("weight", new Shape(c2, k, k, c1 / groups), ParameterKind.Weight);
        Bias = bias ? NewParameter("bias", new Shape(c2), ParameterKind.Bias) : null;
    }

    /// <summary>[c2, k, k, c1/groups].</summary>
    public Parameter Weight { get; }
    public Parameter? Bias { get; }

    /// <param name="output">The type of the result; null: x's. Logits are F32 in a 16-bit network too.</param>
    public Tensor Forward(Tape tape, Tensor x, DType? output = null) => Conv2d.Forward(tape, x, Weight, Bias, stride, pad, groups, output);

    public override void Initialize(ref InitRandom random)
    {
        var s = Weight.Value.Shape;
        float bound = 1f / MathF.Sqrt(s[1] * s[2] * s[3]);
        random.Uniform(Backend, Weight.Value, bound);
        if (Bias is not null) random.Uniform(Backend, Bias.Value, bound);
    }
}
