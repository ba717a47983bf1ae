using NativeTrain.Core;
using NativeTrain.Nn.Modules;

namespace NativeTrain.Vision.Models;

/// <summary>
/// A YOLO11 model: an image batch [N,H,W,3] (RGB, 0…1, H and W multiples of 32) to what its head gives.
/// Parameters are named as the reference names them, by layer number: "model.0.conv.weight".
/// </summary>
public sealed class YoloModel : IDisposable
{
    private readonly Head head;
    private readonly int[] lastUse;
    private readonly ConcatPlan concats;
    private readonly HashSet<int> frozen = [];

    private YoloModel(IBackend backend, YoloSpec spec, int classes)
    {
        Backend = backend;
        Spec = spec;
        Classes = classes;
        Layers = LayerBuilder.Build(backend, spec, classes);
        head = (Head)Layers[^1].Module!;
        if (Task == YoloTask.Classify) NormalizeAsClassifier();
        lastUse = [.. Layers.Select(l => Layers.Where(user => user.From.Contains(l.Index)).Select(user => user.Index).DefaultIfEmpty(l.Index).Max())];
        concats = new ConcatPlan(Layers);
        // A layer's range of a concat lives as long as the concat's map.
        foreach (var layer in Layers)
            if (concats.PlaceOf(layer) is { } place) lastUse[place.Concat.Index] = Math.Max(lastUse[place.Concat.Index], lastUse[layer.Index]);
        foreach (var (name, p) in NamedParameters()) p.Name = name;
        Parameters = [.. NamedParameters().Select(p => p.Parameter)];
    }

    /// <summary>The reference builds its classifiers with PyTorch's own settings of batch norm; detectors and segmenters have others.</summary>
    private void NormalizeAsClassifier()
    {
        foreach (var norm in Layers.SelectMany(l => l.Module?.SelfAndDescendants() ?? []).OfType<BatchNormLayer>()) norm.Configure(eps: 1e-5f, momentum: 0.1f);
    }

    /// <summary>Builds a model whose weights start from <paramref name="seed"/>.</summary>
    /// <exception cref="InputException">The graph makes no sense; the message names the layer.</exception>
    public static YoloModel Create(IBackend backend, YoloSpec spec, int classes, int seed = 0)
    {
        var model = Blank(backend, spec, classes);
        var random = new InitRandom((ulong)seed);
        foreach (var layer in model.Layers) layer.Module?.Initialize(ref random);
        return model;
    }

    /// <summary>Builds a model whose weights are to come from elsewhere; convolutions are 0, batch norms the identity.</summary>
    /// <exception cref="InputException">The graph makes no sense; the message names the layer.</exception>
    public static YoloModel Blank(IBackend backend, YoloSpec spec, int classes)
    {
        ArgumentNullException.ThrowIfNull(spec);
        if (classes < 1) throw new InputException($"a model needs at least one class, not {classes}");
        return new YoloModel(backend, spec, classes);
    }

    public IBackend Backend { get; }
    public YoloSpec Spec { get; }
    public YoloTask Task => Spec.Task;
    public int Classes { get; }
    public IReadOnlyList<Layer> Layers { get; }
    public IReadOnlyList<int> Strides => head.Strides;

    /// <summary>The last layer.</summary>
    public Head Head => head;

    /// <summary>Everything learned, in a fixed order; names are set.</summary>
    public IReadOnlyList<Parameter> Parameters { get; }

    /// <summary>Whether layers write straight into the concats that read them; else every concat copies its inputs: the plain way, for tests.</summary>
    internal bool WritesConcatsInPlace { get; set; } = true;

    /// <summary>Parameters as the field counts them: the learned ones and the head's fixed ones.</summary>
    public long ParameterCount => Parameters.Sum(p => p.Value.Count) + head.FixedParameters;

    private IEnumerable<(string Name, Parameter Parameter)> NamedParameters() =>
        Layers.SelectMany(l => l.Module?.NamedParameters($"{l.Name}.") ?? []);

    /// <summary>Parameters and running statistics under their full names, in memory layout (convolution weights OHWI).</summary>
    public IEnumerable<(string Name, Tensor Tensor)> NamedTensors() =>
        NamedParameters().Select(p => (p.Name, p.Parameter.Value))
            .Concat(Layers.SelectMany(l => l.Module?.NamedBuffers($"{l.Name}.") ?? []));

    /// <summary>
    /// Keeps the parameters of some layers as they are. Their batch norms go on counting running statistics, as in the reference.
    /// Layers that stand before everything that learns are not recorded, so that the walk back ends above them.
    /// </summary>
    /// <param name="layers">Numbers of layers.</param>
    /// <exception cref="InputException">There is no such layer, or nothing would be left to train.</exception>
    public void Freeze(IEnumerable<int> layers)
    {
        ArgumentNullException.ThrowIfNull(layers);
        foreach (int index in layers)
        {
            if (index < 0 || index >= Layers.Count) throw new InputException($"freeze: {Spec.Name} has no layer {index}; its layers are 0 to {Layers.Count - 1}");
            frozen.Add(index);
            foreach (var (_, p) in Layers[index].Module?.NamedParameters() ?? []) p.Frozen = true;
        }
        if (Parameters.All(p => p.Frozen)) throw new InputException($"freeze: all layers of {Spec.Name} are frozen; nothing is left to train");
    }

    /// <param name="tape">Recording and training, or neither.</param>
    /// <param name="x">[N,H,W,3], values 0…1.</param>
    public HeadOutput Forward(Tape tape, Tensor x)
    {
        ArgumentNullException.ThrowIfNull(tape);
        ArgumentNullException.ThrowIfNull(x);
        int most = Layers.Max(l => l.Stride);
        if (x.Shape.Rank != 4 || x.C != 3 || x.Shape[1] % most != 0 || x.Shape[2] % most != 0)
            throw new ArgumentException($"the model wants [N,H,W,3] with H and W multiples of {most}, not {x.Shape}");
        // What layers made, as those that read slices see it and as the others do; and the maps of concats that are under way.
        Tensor[] outputs = new Tensor[Layers.Count], dense = new Tensor[Layers.Count];
        var joined = new Tensor?[Layers.Count];
        foreach (var layer in Layers)
        {
            using var named = tape.Layer(layer.Name);
            Tensor[] inputs = [.. layer.From.Select(f => f < 0 ? x : layer.ReadsSlices ? outputs[f] : dense[f])];
            if (layer.Forward is null) return head.Forward(tape, inputs);
            bool learns = Learns(layer, inputs);
            var into = learns || !tape.Recording ? PlaceFor(tape, layer, x, joined) : null;
            using var pause = learns ? default(TapePause?) : tape.Pause();
            using (var scope = tape.Scope())
            {
                var (y, copy) = layer.Forward(tape, inputs, into, copy: into is { Whole: not null } && concats.NeedsCopy(layer));
                outputs[layer.Index] = scope.Keep(y);
                dense[layer.Index] = copy is null ? y : scope.Keep(copy);
            }
            // A range of a concat is freed with its map, which is the concat's output.
            for (int f = 0; f <= layer.Index; f++)
                if (lastUse[f] == layer.Index && outputs[f].Whole is null) tape.Free(outputs[f]);
        }
        throw new InvalidOperationException("the model has no head");
    }

    /// <summary>Where a layer's output goes: a concat's own map, where it is under way already, or a layer's range of one, which the first that writes to it makes.</summary>
    private Tensor? PlaceFor(Tape tape, Layer layer, Tensor x, Tensor?[] joined)
    {
        if (!WritesConcatsInPlace || concats.PlaceOf(layer) is not { } place) return joined[layer.Index];
        // In inference a layer's output takes the place of its input; a second one, and the concat so early, would cost more memory than the copy saves.
        if (!tape.Recording && concats.NeedsCopy(layer)) return null;
        var map = joined[place.Concat.Index] ??= tape.New(ConcatPlan.MapOf(place.Concat, x.Shape), x.Type);
        return map.Slice(place.Begin, layer.OutChannels);
    }

    /// <summary>Whether a layer or one before it has parameters to learn.</summary>
    private bool Learns(Layer layer, Tensor[] inputs) =>
        inputs.Any(t => t.RequiresGrad) || (layer.Module is not null && !frozen.Contains(layer.Index));

    public void Dispose()
    {
        foreach (var layer in Layers) layer.Module?.Dispose();
    }
}
