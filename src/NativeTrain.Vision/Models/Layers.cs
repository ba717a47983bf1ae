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
/// <param name="Forward">Inputs to output.</param>
public sealed record Layer(int Index, IReadOnlyList<int> From, string Block, int Repeats, int OutChannels, int Stride, Module? Module, Func<Tape, IReadOnlyList<Tensor>, Tensor>? Forward)
{
    /// <summary>As its parameters begin: "model.10".</summary>
    public string Name => $"model.{Index}";
}
