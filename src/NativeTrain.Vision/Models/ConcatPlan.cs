using NativeTrain.Core;

namespace NativeTrain.Vision.Models;

/// <summary>
/// Which layers write their output straight into the map of a concat that reads it, so that neither the output nor, on the walk back, its
/// gradient is copied. A convolution cannot read a slice (oneDNN would copy it, or be slow): where one reads the output too, the
/// pass that writes it writes a dense copy besides.
/// </summary>
/// <remarks>A concat's input that is a concat itself, or is in place in another one, is copied; so is an upsampled map that convolutions read.</remarks>
internal sealed class ConcatPlan
{
    /// <summary>Of every layer: the concat that it writes into, and its first channel there; null: none.</summary>
    private readonly (Layer Concat, int Begin)?[] places;

    /// <summary>Of every layer: whether one reads its output as a dense map.</summary>
    private readonly bool[] dense;

    public ConcatPlan(IReadOnlyList<Layer> layers)
    {
        places = new (Layer, int)?[layers.Count];
        dense = [.. layers.Select(l => layers.Any(user => user.From.Contains(l.Index) && !user.ReadsSlices))];
        foreach (var concat in layers.Where(l => l.Block == "Concat"))
        {
            int begin = 0;
            foreach (int f in concat.From)
            {
                if (WritesInto(layers[f]) && places[f] is null) places[f] = (concat, begin);
                begin += layers[f].OutChannels;
            }
        }
    }

    /// <summary>The concat that a layer writes into, and its first channel there; null: none.</summary>
    public (Layer Concat, int Begin)? PlaceOf(Layer layer) => places[layer.Index];

    /// <summary>Whether a layer that writes into a concat must leave a dense copy besides.</summary>
    public bool NeedsCopy(Layer layer) => dense[layer.Index];

    /// <summary>The shape of a concat's map.</summary>
    /// <param name="concat">The layer.</param>
    /// <param name="image">The network's input [N,H,W,3].</param>
    public static Shape MapOf(Layer concat, Shape image) => new(image[0], image[1] / concat.Stride, image[2] / concat.Stride, concat.OutChannels);

    private bool WritesInto(Layer layer) => layer.Block != "Concat" && !(layer.Block == "Upsample" && NeedsCopy(layer));
}
