namespace NativeTrain.Core;

public enum OptimizerKind { Sgd = 0, Adam = 1, AdamW = 2, NAdam = 3, RAdam = 4, RmsProp = 5 }

/// <summary>One fused optimizer step over many parameters. State1/State2 are the moments (momentum buffer; m and v; square average and momentum).</summary>
public sealed record OptimizerStep
{
    public required OptimizerKind Kind { get; init; }
    public required IReadOnlyList<Tensor> Values { get; init; }
    public required IReadOnlyList<Tensor> Grads { get; init; }
    public required IReadOnlyList<Tensor> State1 { get; init; }
    public required IReadOnlyList<Tensor> State2 { get; init; }
    public float LearningRate { get; init; }
    public float Momentum { get; init; }
    public float Beta2 { get; init; } = 0.999f;
    public float Eps { get; init; } = 1e-8f;
    public float WeightDecay { get; init; }
    public bool Nesterov { get; init; }
    /// <summary>1-based number of this step.</summary>
    public required long Step { get; init; }
    /// <summary>Gradients are multiplied by this first (clipping, unscaling).</summary>
    public float GradScale { get; init; } = 1f;
    /// <summary>NAdam: Π mu over steps 1…t, and mu of this and the next step.</summary>
    public double MuProduct { get; init; } = 1;
    public double Mu { get; init; }
    public double MuNext { get; init; }

    /// <summary>1 − betaᵗ at this step t: what a moment that started at zero falls short by.</summary>
    internal double Bias(float beta) => 1 - Math.Pow(beta, Step);
}
