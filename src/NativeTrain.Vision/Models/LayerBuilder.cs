using System.Globalization;
using NativeTrain.Core;
using NativeTrain.Core.Ops;
using NativeTrain.Nn.Modules;

namespace NativeTrain.Vision.Models;

/// <summary>
/// Builds the layers of a <see cref="YoloSpec"/>: scales repeats and channels and makes the modules. Every layer's map
/// is the image divided by its stride, so maps of equal stride fit one another; what would break that is refused.
/// </summary>
internal sealed class LayerBuilder
{
    /// <summary>Pictures have sides of whole multiples of this, so no map may be coarser.</summary>
    private const int MostStride = 32;

    /// <summary>As the loss and the decoding allow.</summary>
    private const int MostLevels = 8;

    /// <summary>Far above any model; a graph can come out of a file, and must not ask for any amount of memory.</summary>
    private const int MostLayers = 1000, MostRepeats = 100, MostChannels = 65536;

    private static readonly string[] ReadsMany = ["Concat", "Detect", "Segment"];
    private static readonly string[] Heads = ["Detect", "Segment", "Classify"];

    private readonly IBackend backend;
    private readonly YoloSpec spec;
    private readonly int classes;
    private readonly List<Layer> built = [];

    private LayerBuilder(IBackend backend, YoloSpec spec, int classes)
    {
        this.backend = backend;
        this.spec = spec;
        this.classes = classes;
    }

    /// <exception cref="InputException">A layer makes no sense where it stands; the message names it. What was built is disposed.</exception>
    public static IReadOnlyList<Layer> Build(IBackend backend, YoloSpec spec, int classes)
    {
        if (spec.Layers.Count == 0 || !Heads.Contains(spec.Layers[^1].Block)) throw new InputException($"{spec.Name}: the last layer must be Detect, Segment or Classify");
        var builder = new LayerBuilder(backend, spec, classes);
        try
        {
            foreach (var layer in spec.Layers) builder.built.Add(builder.Build(layer));
        }
        catch
        {
            foreach (var layer in builder.built) layer.Module?.Dispose();
            throw;
        }
        return builder.built;
    }

    private Layer Build(LayerSpec s)
    {
        int index = built.Count;
        int[] from = Inputs(s);
        int c1 = from[0] < 0 ? 3 : built[from[0]].OutChannels;
        int stride = from[0] < 0 ? 1 : built[from[0]].Stride;
        int n = Math.Max((int)Math.Round(s.Repeats * spec.Depth), 1);
        if (n > MostRepeats) throw Wrong($"{s.Block} repeats {n} times; {MostRepeats} is the most");
        if (index >= MostLayers) throw Wrong($"{MostLayers} layers are the most");

        Layer Make(int channels, int outStride, Module? module, LayerForward? forward, int repeats = 1) =>
            new(index, from, s.Block, repeats, channels, outStride, module, forward);

        switch (s.Block)
        {
            case "Conv":
                int c2 = Channels(s), kernel = Kernel(s), step = Step(s, stride);
                var conv = new Conv(backend, c1, c2, kernel, step);
                return Make(c2, stride * step, conv, (t, x, into, copy) => conv.Forward(t, x[0], into, copyFrom: copy ? 0 : -1));
            case "C3k2":
                c2 = Channels(s);
                var c3k2 = new C3k2(backend, c1, c2, n, Flag(s, 1) || spec.AlwaysC3k, Share(s, 2, c2));
                return Make(c2, stride, c3k2, (t, x, into, copy) => c3k2.Forward(t, x[0], into, copy), n);
            case "SPPF":
                c2 = Channels(s);
                var sppf = new Sppf(backend, c1, c2, Kernel(s));
                return Make(c2, stride, sppf, (t, x, into, copy) => sppf.Forward(t, x[0], into, copy));
            case "C2PSA":
                c2 = Channels(s);
                if (c1 != c2) throw Wrong($"C2PSA keeps its channels, {c1} in and {c2} out");
                // Half of them go through attention, in heads of about 64.
                if (c2 / 2 % Math.Max(c2 / 2 / 64, 1) != 0) throw Wrong($"half of {c2} channels cannot be split evenly into heads of 64");
                var psa = new C2Psa(backend, c2, n);
                return Make(c2, stride, psa, (t, x, into, copy) => psa.Forward(t, x[0], into, copy), n);
            case "Upsample":
                if (stride == 1) throw Wrong("Upsample reads a map as large as the image");
                return Make(c1, stride / 2, null, (t, x, into, _) => (Upsample2x.Forward(t, x[0], into), null));
            case "Concat":
                if (from.Any(f => built[f].Stride != stride))
                    throw Wrong($"the maps' sizes differ: 1/{string.Join(", 1/", from.Select(f => built[f].Stride))} of the image");
                return Make(from.Sum(f => built[f].OutChannels), stride, null, (t, x, into, _) => (Concat.Forward(t, x, into), null));
            case "Detect" or "Segment" or "Classify":
                if (index != spec.Layers.Count - 1) throw Wrong($"{s.Block} must be the last layer");
                if (from.Length > MostLevels) throw Wrong($"{s.Block} reads 1 to {MostLevels} layers, not {from.Length}");
                return Make(0, 0, Head(s, from), null);
            default:
                throw Wrong($"no block is called {s.Block}; known are Conv, C3k2, SPPF, C2PSA, Upsample, Concat, Detect, Segment and Classify");
        }
    }

    private Head Head(LayerSpec s, int[] from)
    {
        int[] channels = [.. from.Select(f => built[f].OutChannels)], strides = [.. from.Select(f => built[f].Stride)];
        return s.Block switch
        {
            "Segment" => new SegmentHead(backend, channels, strides, classes, prototypes: Integer(s, 0), hidden: Channels(s, 1)),
            "Classify" => new ClassifyHead(backend, channels[0], strides[0], classes),
            _ => new DetectHead(backend, channels, strides, classes),
        };
    }

    /// <summary>The numbers of the layers it reads; −1 is the image.</summary>
    private int[] Inputs(LayerSpec s)
    {
        int index = built.Count;
        int[] from = [.. s.From.Select(f => f < 0 ? index + f : f)];
        if (from.Length == 0) throw Wrong($"{s.Block} reads no layer");
        if (from.Any(f => f < -1 || f >= index)) throw Wrong($"{s.Block} reads a layer that is not before it");
        if (from.Length > 1 && !ReadsMany.Contains(s.Block)) throw Wrong($"{s.Block} reads one layer, not {from.Length}");
        if (from.Contains(-1) && (ReadsMany.Contains(s.Block) || s.Block is "Upsample" or "Classify")) throw Wrong($"{s.Block} cannot read the image");
        return from;
    }

    /// <summary>An argument, the first as a rule: min(channels, most) · width, rounded up to a multiple of 8.</summary>
    private int Channels(LayerSpec s, int argument = 0)
    {
        double channels = Math.Ceiling(Math.Min(Integer(s, argument), spec.MaxChannels) * spec.Width / 8) * 8;
        return channels <= MostChannels ? (int)channels : throw Wrong($"{s.Block} has {channels:g6} channels; {MostChannels} are the most");
    }

    /// <summary>The second argument. An odd kernel, padded by half of it, keeps a map's size.</summary>
    private int Kernel(LayerSpec s)
    {
        int kernel = Integer(s, 1);
        return kernel % 2 == 1 ? kernel : throw Wrong($"the kernel of {s.Block}, argument 2, must be odd, not {kernel}");
    }

    /// <summary>The third argument: what a convolution divides its map's size by.</summary>
    private int Step(LayerSpec s, int stride)
    {
        int step = Integer(s, 2);
        if (step > 2) throw Wrong($"the stride of {s.Block}, argument 3, must be 1 or 2, not {step}");
        return stride * step <= MostStride ? step : throw Wrong($"a map of 1/{stride * step} of the image is too coarse; 1/{MostStride} is the least");
    }

    private int Integer(LayerSpec s, int argument) =>
        argument < s.Arguments.Count && int.TryParse(s.Arguments[argument], NumberStyles.Integer, CultureInfo.InvariantCulture, out int v) && v > 0
            ? v
            : throw Wrong($"argument {argument + 1} of {s.Block} must be a positive whole number");

    private bool Flag(LayerSpec s, int argument) =>
        argument < s.Arguments.Count && bool.TryParse(s.Arguments[argument], out bool v)
            ? v
            : throw Wrong($"argument {argument + 1} of {s.Block} must be true or false");

    /// <summary>A share of the channels, half where it is left out; at least two of them.</summary>
    private double Share(LayerSpec s, int argument, int channels)
    {
        if (argument >= s.Arguments.Count) return 0.5;
        return double.TryParse(s.Arguments[argument], NumberStyles.Float, CultureInfo.InvariantCulture, out double v) && v <= 1 && channels * v >= 2
            ? v
            : throw Wrong($"argument {argument + 1} of {s.Block} must be a share of its {channels} channels, such as 0.5");
    }

    private InputException Wrong(string what) => new($"{spec.Name}: layer {built.Count}: {what}");
}
