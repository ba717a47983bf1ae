using NativeTrain.Core;
using NativeTrain.Nn.Modules;

namespace NativeTrain.Vision.Models;

/// <summary>One numbered layer of a built model.</summary>
/// <param name="Index">Its number.</param>
/// <param name="From">Numbers of the layers it reads (−1: the image).</param>
/// <param name="Block">The block's name in the yaml.</param>
/// <param name="Repeats">Inner repeats after scaling.</param>
/// <param name="OutChannels">Channels of its output.</param>
/// <param name="Stride">Image pixels per cell of its output.</param>
/// <param name="Module">Its parameters, or null where it has none.</param>
/// <param name="Forward">Inputs to output; null: a head.</param>
public sealed record Layer(int Index, IReadOnlyList<int> From, string Block, int Repeats, int OutChannels, int Stride, Module? Module, LayerForward? Forward)
{
    /// <summary>As its parameters begin: "model.10".</summary>
    public string Name => $"model.{Index}";

    /// <summary>Whether its inputs may be ranges of channels of wider maps. Convolutions read dense maps only.</summary>
    public bool ReadsSlices => Block is "Concat" or "Upsample";
}

/// <summary>Computes a layer.</summary>
/// <param name="tape">The tape to record on.</param>
/// <param name="inputs">The maps it reads.</param>
/// <param name="into">Where its output goes: its range of a concat, or a concat's whole map; null makes a new map.</param>
/// <param name="copy">Whether a dense copy is wanted besides.</param>
/// <returns>The output, and the copy.</returns>
public delegate (Tensor Y, Tensor? Copy) LayerForward(Tape tape, IReadOnlyList<Tensor> inputs, Tensor? into, bool copy);
