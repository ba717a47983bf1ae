using NativeTrain.Vision.Models;

namespace NativeTrain.Training;

/// <summary>Adds up by layer what the nodes, the memory and the parameters tell.</summary>
internal sealed class LayerSummary(YoloModel model, string[] layers, NodeView[] nodes, ValueRecorder values, MemoryRecorder memory)
{
    /// <summary>A layer whose gradients' norm is so many times smaller (or greater) than the median layer's is said to vanish (or explode).</summary>
    public const double Far = 1000;

    public const string Vanishing = "vanishing", Exploding = "exploding", NotFinite = "not finite";

    public IEnumerable<LayerView> Views()
    {
        double?[] norms = [.. layers.Select(GradNorm)];
        double[] known = [.. norms.OfType<double>().Where(double.IsFinite).Order()];
        double median = known.Length == 0 ? 0 : known[known.Length / 2];
        for (int i = 0; i < layers.Length; i++)
        {
            var own = nodes.Where(n => n.Layer == i).ToList();
            var launches = own.SelectMany(n => n.Forward.Concat(n.Backward)).ToList();
            var held = memory.Holders.GetValueOrDefault(layers[i]);
            yield return new LayerView(layers[i], Block(i), From(i), own.LastOrDefault(n => n.Outputs.Count > 0)?.Outputs[0].Shape ?? "",
                own.Sum(n => n.Forward.Sum(l => l.Seconds)), own.Sum(n => n.Backward.Sum(l => l.Seconds)), launches.Sum(l => l.Flops), launches.Sum(l => l.Bytes),
                Parameters(layers[i]).Sum(p => model.Parameters[p].Value.Count), held.Activations + held.Gradients, norms[i], UpdateRatio(layers[i]),
                own.Sum(n => n.Silu?.Channels ?? 0), own.Sum(n => n.Silu?.Dead ?? 0), Flag(norms[i], median));
        }
    }

    /// <summary>"vanishing", "exploding", "not finite" or nothing, by the norms of all layers; no number is far from a median of 0.</summary>
    public static string Flag(double? norm, double median) => norm switch
    {
        null => "",
        { } n when !double.IsFinite(n) => NotFinite,
        _ when median == 0 => "",
        { } n when n < median / Far => Vanishing,
        { } n when n > median * Far => Exploding,
        _ => "",
    };

    private string Block(int i) => i == 0 || i > model.Layers.Count ? "" : model.Layers[i - 1].Block;

    /// <summary>The model reads the input, the loss its last layer.</summary>
    private int[] From(int i) => i switch
    {
        0 => [],
        _ when i <= model.Layers.Count => [.. model.Layers[i - 1].From.Select(f => f + 1)],
        _ => [i - 1],
    };

    private IEnumerable<int> Parameters(string layer) =>
        Enumerable.Range(0, model.Parameters.Count).Where(p => model.Parameters[p].Name.StartsWith(layer + ".", StringComparison.Ordinal));

    private double? GradNorm(string layer)
    {
        int[] own = [.. Parameters(layer).Where(p => !model.Parameters[p].Frozen)];
        return own.Length == 0 || values.GradientSquares is not { } squares ? null : Math.Sqrt(own.Sum(p => squares[p]));
    }

    private double? UpdateRatio(string layer)
    {
        int[] own = [.. Parameters(layer).Where(p => !model.Parameters[p].Frozen && model.Parameters[p].Kind == Core.ParameterKind.Weight)];
        if (own.Length == 0 || values.Updates is not { } updates) return null;
        double weight = own.Sum(p => updates[p].Weight);
        return weight == 0 ? null : Math.Sqrt(own.Sum(p => updates[p].Change) / weight);
    }
}
