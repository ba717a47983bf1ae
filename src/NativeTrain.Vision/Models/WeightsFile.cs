using System.Runtime.InteropServices;
using NativeTrain.Core;
using NativeTrain.Nn;

namespace NativeTrain.Vision.Models;

/// <summary>
/// A model's weights in a file under the reference's names: safetensors is read and written, PyTorch's .pt read. In the file convolution weights are OIHW
/// (the field's convention), in memory OHWI. Also in the file: a detector's "model.N.dfl.conv.weight" (0…15, fixed) and every
/// batch norm's "num_batches_tracked", which other programs expect; they are not read.
/// </summary>
public static class WeightsFile
{
    private const string GraphKey = "graph", SizeKey = "size";

    /// <summary>
    /// Builds the model and fills it: the graph in the file's metadata where there is one, else the built-in graph of
    /// the task and in the size that the tensors' names and shapes tell.
    /// </summary>
    /// <exception cref="InputException">Not a file of YOLO11 weights, or a tensor is missing or of the wrong shape.</exception>
    public static YoloModel Open(IBackend backend, string path) => Open(backend, TensorFile.Read(path));

    /// <summary>The same from a file already read.</summary>
    /// <inheritdoc cref="Open(IBackend, string)"/>
    public static YoloModel Open(IBackend backend, TensorFile file)
    {
        ArgumentNullException.ThrowIfNull(file);
        var spec = SpecOf(file);
        int classes = ClassesOf(file, spec);
        // A model of hostile metadata could be of any size: its tensors are looked up in the file before any is made.
        using (var meta = new MetaBackend())
        using (var planned = YoloModel.Blank(meta, spec, classes))
            foreach (var (name, t) in planned.NamedTensors()) Find(file, name, t.Shape, spec);
        var model = YoloModel.Blank(backend, spec, classes);
        foreach (var (name, t) in model.NamedTensors())
            FromEntry(backend, file[name], t, file.Path);
        return model;
    }

    /// <summary>The graph that a file's tensors belong to.</summary>
    /// <exception cref="InputException">Not a file of YOLO11 weights.</exception>
    public static YoloSpec SpecOf(TensorFile file)
    {
        ArgumentNullException.ThrowIfNull(file);
        return OwnGraph(file) ?? YoloSpec.BuiltIn(RecognizeSize(file), RecognizeTask(file));
    }

    /// <summary>Writes parameters and running statistics as F32; of a graph of the user's also its text and size, into the metadata. <paramref name="more"/> follows the weights.</summary>
    public static void Save(YoloModel model, string path, IReadOnlyDictionary<string, string>? metadata = null, IEnumerable<SafetensorsEntry>? more = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        var all = new Dictionary<string, string>(metadata ?? new Dictionary<string, string>());
        if (model.Spec.Source is { } graph)
        {
            all[GraphKey] = graph;
            all[SizeKey] = model.Spec.Size.ToString();
        }
        Safetensors.Write(path, Entries(model).Concat(more ?? []), all);
    }

    /// <summary>The tensors that <see cref="Save"/> writes.</summary>
    public static IEnumerable<SafetensorsEntry> Entries(YoloModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        foreach (var (name, t) in model.NamedTensors())
        {
            yield return SafetensorsEntry.Deferred(name, SafetensorsType.F32, FileShape(t.Shape), () => ToEntry(model.Backend, name, t).Bytes);
            if (name.EndsWith("bn.running_var", StringComparison.Ordinal))
                yield return SafetensorsEntry.FromLongs(name.Replace("running_var", "num_batches_tracked", StringComparison.Ordinal), new Shape(), [0]);
        }
        if (model.Task == YoloTask.Classify) yield break;
        float[] bins = [.. Enumerable.Range(0, DetectHead.RegMax).Select(i => (float)i)];
        yield return SafetensorsEntry.FromFloats($"model.{model.Layers[^1].Index}.dfl.conv.weight", new Shape(1, bins.Length, 1, 1), bins);
    }

    /// <summary>A tensor in the file's layout: OHWI becomes OIHW, everything else stays.</summary>
    public static SafetensorsEntry ToEntry(IBackend backend, string name, Tensor t)
    {
        ArgumentNullException.ThrowIfNull(backend);
        ArgumentNullException.ThrowIfNull(t);
        float[] values = backend.ToFloats(t);
        var s = t.Shape;
        return SafetensorsEntry.FromFloats(name, FileShape(s), s.Rank == 4 ? Permute(values, s[0], s[1] * s[2], s[3]) : values);
    }

    private static Shape FileShape(Shape s) => s.Rank == 4 ? new Shape(s[0], s[3], s[1], s[2]) : s;

    /// <summary>Copies a file's array into a tensor: OIHW becomes OHWI.</summary>
    public static void FromEntry(IBackend backend, SafetensorsEntry entry, Tensor t, string path)
    {
        ArgumentNullException.ThrowIfNull(backend);
        ArgumentNullException.ThrowIfNull(entry);
        ArgumentNullException.ThrowIfNull(t);
        var s = t.Shape;
        if (!Fits(entry, s)) throw Misfit(entry, s, path);
        float[] values = entry.ToFloats();
        if (s.Rank == 4) values = Permute(values, s[0], s[3], s[1] * s[2]);
        backend.Upload(MemoryMarshal.AsBytes(values.AsSpan()), t);
    }

    /// <summary>Whether a file's array holds a tensor of this shape in memory.</summary>
    public static bool Fits(SafetensorsEntry entry, Shape inMemory)
    {
        ArgumentNullException.ThrowIfNull(entry);
        return entry.Shape == InFile(inMemory);
    }

    /// <summary>A shape as it stands in the file: OHWI becomes OIHW.</summary>
    private static Shape InFile(Shape s) => s.Rank == 4 ? new Shape(s[0], s[3], s[1], s[2]) : s;

    private static void Find(TensorFile file, string name, Shape shape, YoloSpec spec)
    {
        if (!file.TryGet(name, out var entry))
            throw new InputException($"{file.Path}: {name} is missing: not the weights of a {spec.Name}{Says(file, spec)}");
        if (!Fits(entry, shape)) throw Misfit(entry, shape, file.Path);
    }

    private static InputException Misfit(SafetensorsEntry entry, Shape shape, string path) =>
        new($"{path}: {entry.Name} is {entry.Shape} where this model needs {InFile(shape)}: the file is of another model or class count");

    /// <summary>What the file calls its model, where that is another name.</summary>
    private static string Says(TensorFile file, YoloSpec spec) =>
        file.Metadata.TryGetValue("model", out string? model) && model != spec.Name ? $" (the file says {model})" : "";

    /// <summary>The graph in the file's metadata, or null where there is none.</summary>
    private static YoloSpec? OwnGraph(TensorFile file)
    {
        if (!file.Metadata.TryGetValue(GraphKey, out string? graph)) return null;
        if (!file.Metadata.TryGetValue(SizeKey, out string? size) || size.Length != 1 || !YoloSpec.Sizes.Contains(size[0]))
            throw new InputException($"{file.Path}: the metadata has a graph, but its size is not one of n, s, m, l and x");
        return YoloSpec.FromText(graph, file.Path, file.Metadata.GetValueOrDefault("model", "model"), size[0]);
    }

    /// <summary>The built-in graph's task by the tensors that only its head has.</summary>
    private static YoloTask RecognizeTask(TensorFile file) =>
        file.TryGet("model.10.linear.weight", out _) ? YoloTask.Classify
        : file.TryGet("model.23.proto.cv1.conv.weight", out _) ? YoloTask.Segment
        : YoloTask.Detect;

    /// <summary>The built-in graph's size by shapes alone: the stem's channels, the depth of layer 2.</summary>
    private static char RecognizeSize(TensorFile file)
    {
        if (!file.TryGet("model.0.conv.weight", out var stem) || stem.Shape.Rank == 0)
            throw new InputException($"{file.Path}: not the weights of a YOLO11 model (model.0.conv.weight is missing)");
        return stem.Shape[0] switch
        {
            16 => 'n',
            32 => 's',
            64 => file.TryGet("model.2.m.1.cv1.conv.weight", out _) ? 'l' : 'm',
            96 => 'x',
            int c => throw new InputException($"{file.Path}: no YOLO11 size has {c} channels in its first layer (16, 32, 64 or 96)"),
        };
    }

    /// <summary>As many classes as the head, the last layer, has class logits.</summary>
    private static int ClassesOf(TensorFile file, YoloSpec spec)
    {
        string logits = $"model.{spec.Layers.Count - 1}.{(spec.Task == YoloTask.Classify ? "linear" : "cv3.0.2")}.weight";
        return file.TryGet(logits, out var weight) && weight.Shape.Count > 0 && weight.Shape.Rank > 0
            ? weight.Shape[0]
            : throw new InputException($"{file.Path}: not the weights of a {spec.Name} ({logits} is missing){Says(file, spec)}");
    }

    /// <summary>[o][a][b] → [o][b][a].</summary>
    private static float[] Permute(float[] values, int o, int a, int b)
    {
        var y = new float[values.Length];
        for (int i = 0; i < o; i++)
            for (int j = 0; j < a; j++)
                for (int k = 0; k < b; k++)
                    y[(i * b + k) * a + j] = values[(i * a + j) * b + k];
        return y;
    }
}
