using NativeTrain.Core;
using NativeTrain.Core.Ops;

namespace NativeTrain.Nn.Modules;

/// <summary>The state of a batch norm over c channels: eps 1e-3, momentum 0.03 unless changed; gamma starts at 1, beta at 0.</summary>
public sealed class BatchNormLayer : Module
{
    public BatchNormLayer(IBackend backend, int c) : base(backend)
    {
        var shape = new Shape(c);
        State = new BatchNormState(
            NewParameter("weight", shape, ParameterKind.Norm),
            NewParameter("bias", shape, ParameterKind.Bias),
            NewBuffer("running_mean", shape, 0),
            NewBuffer("running_var", shape, 1),
            Eps: 1e-3f,
            Momentum: 0.03f);
        backend.Fill(State.Gamma.Value, 1);
    }

    public BatchNormState State { get; private set; }

    /// <summary>Changes what is added to the variance, and the share of a batch in the running statistics.</summary>
    public void Configure(float eps, float momentum) => State = State with { Eps = eps, Momentum = momentum };
}
