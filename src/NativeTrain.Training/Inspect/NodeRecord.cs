using NativeTrain.Core;

namespace NativeTrain.Training;

/// <summary>A kernel launch and its place in the step.</summary>
internal readonly record struct OrderedLaunch(int Order, KernelLaunch Launch);

/// <summary>One op of a recorded step: what can be said of it without its numbers.</summary>
internal sealed class NodeRecord(int id, string op, string layer)
{
    public int Id { get; } = id;
    public string Op { get; } = op;
    public string Layer { get; } = layer;
    public required string Name { get; init; }
    public string Settings { get; init; } = "";
    public IReadOnlyList<int> From { get; init; } = [];
    public IReadOnlyList<TensorView> Inputs { get; init; } = [];
    public IReadOnlyList<TensorView> Outputs { get; init; } = [];
    public IReadOnlyList<SavedView> Saved { get; init; } = [];
    public IReadOnlyList<TensorView> Parameters { get; init; } = [];
    public long Made { get; init; }
    public List<OrderedLaunch> Forward { get; } = [];
    public List<OrderedLaunch> Backward { get; } = [];

    public static TensorView View(string name, Tensor t) => new(name, t.Shape.ToString(), t.Type.ToString(), t.Bytes);
}
