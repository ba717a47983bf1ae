namespace NativeTrain.Core;

/// <summary>A recorded op: how its gradient flows, and the tensors it made, which are freed once the walk back has passed it.</summary>
public sealed class TapeNode
{
    private readonly Func<OpTensors>? tensors;

    internal TapeNode(string op, string layer, Action backward, List<Tensor> owned, Func<OpTensors>? tensors)
    {
        Op = op;
        Layer = layer;
        Backward = backward;
        Owned = owned;
        this.tensors = tensors;
    }

    public string Op { get; }

    /// <summary>The layer it belongs to; empty outside of layers.</summary>
    public string Layer { get; }

    /// <summary>What the op read, made and keeps, where it tells.</summary>
    public OpTensors Tensors => tensors?.Invoke() ?? OpTensors.None;

    /// <summary>The tensors made since the op before, which live until the walk back has passed this one.</summary>
    public IReadOnlyList<Tensor> Made => Owned;

    internal Action Backward { get; }
    internal List<Tensor> Owned { get; }
}

/// <summary>A tensor under the name that it has in its op's formula.</summary>
public readonly record struct NamedTensor(string Name, Tensor Tensor);

/// <summary>The tensors of one recorded op, under the names of its <see cref="OpFormula"/>.</summary>
/// <param name="Inputs">What a gradient may flow to.</param>
/// <param name="Outputs">What a gradient comes from.</param>
/// <param name="Saved">What the walk back reads again beside the gradients; parameters are not among them.</param>
/// <param name="Parameters">What is learned.</param>
public sealed record OpTensors(IReadOnlyList<NamedTensor> Inputs, IReadOnlyList<NamedTensor> Outputs, IReadOnlyList<NamedTensor> Saved, IReadOnlyList<Parameter> Parameters)
{
    /// <summary>What of its ways the op was asked for: "3×3, stride 2", "SiLU".</summary>
    public string Settings { get; init; } = "";

    /// <summary>Of an op that does not tell.</summary>
    public static OpTensors None { get; } = new([], [], [], []);
}
