using NativeTrain.Core;
using NativeTrain.Nn;
using NativeTrain.Vision.Models;

namespace NativeTrain.Training;

/// <summary>
/// Starts a model from another's weights. A layer is taken whole or not at all: layers of another kind can have tensors of
/// equal names and shapes (SPPF and C2PSA both have a cv2), and half of a layer's weights are of no use. The head is taken
/// tensor by tensor, so that another number of classes starts just the class layers anew, and a segmenter keeps a
/// detector's boxes.
/// </summary>
/// <param name="Taken">How many tensors were taken.</param>
/// <param name="New">Names of the model's tensors that start anew.</param>
/// <param name="LeftOver">Names of the file's weights that were not used.</param>
public sealed record WeightsTransfer(int Taken, IReadOnlyList<string> New, IReadOnlyList<string> LeftOver)
{
    private const int Shown = 3;

    /// <summary>Copies what fits from a file.</summary>
    public static WeightsTransfer Run(TensorFile file, YoloModel model)
    {
        ArgumentNullException.ThrowIfNull(file);
        ArgumentNullException.ThrowIfNull(model);
        string head = LayerOf($"model.{model.Layers[^1].Index}.");
        var all = model.NamedTensors().ToList();
        var taken = new HashSet<string>();
        foreach (var layer in all.GroupBy(t => LayerOf(t.Name)))
        {
            var fitting = layer.Where(t => file.TryGet(t.Name, out var entry) && WeightsFile.Fits(entry, t.Tensor.Shape)).ToList();
            if (layer.Key != head && fitting.Count < layer.Count()) continue;
            foreach (var (name, t) in fitting)
            {
                WeightsFile.FromEntry(model.Backend, file[name], t, file.Path);
                taken.Add(name);
            }
        }
        return new WeightsTransfer(taken.Count,
            [.. all.Select(t => t.Name).Where(n => !taken.Contains(n))],
            [.. file.Entries.Select(e => e.Name).Where(n => !taken.Contains(n) && !IsFixed(n))]);
    }

    /// <summary>One line for the display.</summary>
    public string Describe(string path)
    {
        string text = $"{Taken} of {Taken + New.Count} tensors taken from {path}";
        if (New.Count > 0) text += $"; new: {List(New)}";
        if (LeftOver.Count > 0) text += $"; left over in the file: {List(LeftOver)}";
        return text;
    }

    private static string List(IReadOnlyList<string> names) =>
        string.Join(", ", names.Take(Shown)) + (names.Count > Shown ? $" and {names.Count - Shown} more" : "");

    /// <summary>What our files and the reference's hold beside what is learned (a training's state, fixed tensors); nothing is read of it.</summary>
    private static bool IsFixed(string name) =>
        !name.StartsWith("model.", StringComparison.Ordinal) || name.EndsWith(".num_batches_tracked", StringComparison.Ordinal) || name.EndsWith(".dfl.conv.weight", StringComparison.Ordinal);

    /// <summary>"model.23." of "model.23.cv2.0.0.conv.weight".</summary>
    private static string LayerOf(string name) => name[..(name.IndexOf('.', "model.".Length) + 1)];
}
