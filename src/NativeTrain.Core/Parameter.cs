namespace NativeTrain.Core;

/// <summary>What the optimizer does with a parameter: weights decay, biases and batch-norm scales do not.</summary>
public enum ParameterKind
{
    /// <summary>Convolution or linear weights: weight decay applies.</summary>
    Weight,
    /// <summary>Batch-norm scale (gamma): no weight decay.</summary>
    Norm,
    /// <summary>Any bias, batch norm's beta too: no weight decay, its own warm-up learning rate.</summary>
    Bias,
}

/// <summary>
/// A learned tensor and its gradient. The gradient is allocated once and accumulates over the micro-batches of
/// a step; <see cref="IBackend.Zero"/> clears it. Convolution weights are OHWI.
/// </summary>
public sealed class Parameter : IDisposable
{
    public Parameter(IBackend backend, Shape shape, ParameterKind kind)
    {
        ArgumentNullException.ThrowIfNull(backend);
        Value = Tensor.Create(backend, shape);
        Grad = Tensor.Create(backend, shape);
        backend.Zero(Value);
        backend.Zero(Grad);
        Kind = kind;
    }

    /// <summary>Full name in the model, as the reference names it ("model.0.conv.weight"); set by the model.</summary>
    public string Name { get; set; } = "";
    public ParameterKind Kind { get; }
    public Tensor Value { get; }
    public Tensor Grad { get; }
    /// <summary>A frozen parameter is not stepped and not in the gradient's norm; an op may leave its gradient uncomputed.</summary>
    public bool Frozen { get; set; }

    public void Dispose()
    {
        Value.Dispose();
        Grad.Dispose();
    }
}
