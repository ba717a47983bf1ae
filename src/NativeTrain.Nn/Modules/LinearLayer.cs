using NativeTrain.Core;
using NativeTrain.Core.Ops;

namespace NativeTrain.Nn.Modules;

/// <summary>y = x·wᵀ + b. Weights and bias start as U(−1/√c1, 1/√c1), as in PyTorch (He initialisation with a = √5).</summary>
public sealed class LinearLayer : Module
{
    public LinearLayer(IBackend backend, int c1, int c2) : base(backend)
    {
        Weight = NewParameter("weight", new Shape(c2, c1), ParameterKind.Weight);
        Bias = NewParameter("bias", new Shape(c2), ParameterKind.Bias);
    }

    /// <summary>[c2, c1].</summary>
    public Parameter Weight { get; }
    public Parameter Bias { get; }

    /// <param name="x">[N, c1].</param>
    /// <returns>[N, c2].</returns>
    public Tensor Forward(Tape tape, Tensor x) => Linear.Forward(tape, x, Weight, Bias);

    public override void Initialize(ref InitRandom random)
    {
        float bound = 1f / MathF.Sqrt(Weight.Value.C);
        random.Uniform(Backend, Weight.Value, bound);
        random.Uniform(Backend, Bias.Value, bound);
    }
}
