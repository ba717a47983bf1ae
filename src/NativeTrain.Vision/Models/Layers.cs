using System.Globalization;
using NativeTrain.Core;
using NativeTrain.Core.Ops;
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
public sealed record Layer(int Index, IReadOnlyList<int> From, string Block, int Repeats, int OutChannels, int Stride, Module? Module, Func<Tape, IReadOnlyList<Tensor>, Tensor>? Forward);

/// <summary>Builds the layers of a <see cref="YoloSpec"/>: scales repeats and channels and makes the modules.</summary>
internal static class LayerBuilder
{
    public static List<Layer> Build(IBackend backend, YoloSpec spec, int classes)
    {
        var layers = new List<Layer>();
        foreach (var s in spec.Layers) layers.Add(Build(backend, spec, s, layers, classes));
        return layers;
    }

    private static Layer Build(IBackend backend, YoloSpec spec, LayerSpec s, List<Layer> built, int classes)
    {
        int index = built.Count;
        int[] from = [.. s.From.Select(f => f < 0 ? index + f : f)];
        if (from.Any(f => f < -1 || f >= index)) throw new InputException($"{spec.Name}: layer {index} reads a layer that is not before it");
        int c1 = from[0] < 0 ? 3 : built[from[0]].OutChannels;
        int stride = from[0] < 0 ? 1 : built[from[0]].Stride;
        int n = Math.Max((int)Math.Round(s.Repeats * spec.Depth), 1);
        int c2 = s.Block is "Upsample" or "Concat" or "Detect" ? 0 : Channels(spec, Integer(spec, s, index, 0));

        Layer Make(int channels, int outStride, Module? module, Func<Tape, IReadOnlyList<Tensor>, Tensor>? forward, int repeats = 1) =>
            new(index, from, s.Block, repeats, channels, outStride, module, forward);

        switch (s.Block)
        {
            case "Conv":
                int step = Integer(spec, s, index, 2);
                var conv = new Conv(backend, c1, c2, Integer(spec, s, index, 1), step);
                return Make(c2, stride * step, conv, (t, x) => conv.Forward(t, x[0]));
            case "C3k2":
                double e = s.Arguments.Count > 2 ? double.Parse(s.Arguments[2], CultureInfo.InvariantCulture) : 0.5;
                var c3k2 = new C3k2(backend, c1, c2, n, spec.AlwaysC3k || s.Arguments[1] == "true", e);
                return Make(c2, stride, c3k2, (t, x) => c3k2.Forward(t, x[0]), n);
            case "SPPF":
                var sppf = new Sppf(backend, c1, c2, Integer(spec, s, index, 1));
                return Make(c2, stride, sppf, (t, x) => sppf.Forward(t, x[0]));
            case "C2PSA":
                if (c1 != c2) throw new InputException($"{spec.Name}: layer {index}: C2PSA keeps its channels, {c1} in and {c2} out");
                var psa = new C2Psa(backend, c2, n);
                return Make(c2, stride, psa, (t, x) => psa.Forward(t, x[0]), n);
            case "Upsample":
                return Make(c1, stride / 2, null, (t, x) => Upsample2x.Forward(t, x[0]));
            case "Concat":
                return Make(from.Sum(f => built[f].OutChannels), stride, null, (t, x) => Concat.Forward(t, x));
            case "Detect":
                return Make(0, 0, new DetectHead(backend, [.. from.Select(f => built[f].OutChannels)], [.. from.Select(f => built[f].Stride)], classes), null);
            default:
                throw new InputException($"{spec.Name}: layer {index}: no block is called {s.Block}; known are Conv, C3k2, SPPF, C2PSA, Upsample, Concat and Detect");
        }
    }

    /// <summary>min(channels, most) · width, rounded up to a multiple of 8.</summary>
    private static int Channels(YoloSpec spec, int channels) =>
        (int)Math.Ceiling(Math.Min(channels, spec.MaxChannels) * spec.Width / 8) * 8;

    private static int Integer(YoloSpec spec, LayerSpec s, int index, int argument) =>
        argument < s.Arguments.Count && int.TryParse(s.Arguments[argument], NumberStyles.Integer, CultureInfo.InvariantCulture, out int v) && v > 0
            ? v
            : throw new InputException($"{spec.Name}: layer {index}: argument {argument + 1} of {s.Block} must be a positive whole number");
}
