using System.Runtime.InteropServices;
using NativeTrain.Core;
using NativeTrain.Nn;

namespace NativeTrain.Vision.Models;

/// <summary>
/// A detector's weights in a safetensors file under the reference's names. In the file convolution weights are OIHW
/// (the field's convention), in memory OHWI. Also in the file: "model.N.dfl.conv.weight" (0…15, fixed) and every batch
/// norm's "num_batches_tracked", which other programs expect; they are not read.
/// </summary>
public static class WeightsFile
{
    /// <summary>Builds the model whose size and class count the file's shapes tell, and fills it.</summary>
    /// <exception cref="InputException">Not a file of YOLO11 detection weights, or a tensor is missing or of the wrong shape.</exception>
    public static DetectionModel Open(IBackend backend, string path) => Open(backend, Safetensors.Read(path));

    /// <summary>The same from a file already read.</summary>
    /// <inheritdoc cref="Open(IBackend, string)"/>
    public static DetectionModel Open(IBackend backend, SafetensorsFile file)
    {
        ArgumentNullException.ThrowIfNull(file);
        var (size, classes) = Recognize(file);
        var model = DetectionModel.Create(backend, YoloSpec.BuiltIn(size), classes);
        try
        {
            Fill(model, file);
        }
        catch
        {
            model.Dispose();
            throw;
        }
        return model;
    }

    /// <summary>Fills an existing model; every tensor must be there with its shape.</summary>
    /// <exception cref="InputException">A tensor is missing or of the wrong shape.</exception>
    public static void Load(DetectionModel model, string path) => Fill(model, Safetensors.Read(path));

    /// <summary>Writes parameters and running statistics as F32.</summary>
    public static void Save(DetectionModel model, string path, IReadOnlyDictionary<string, string>? metadata = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        Safetensors.Write(path, Entries(model), metadata);
    }

    /// <summary>The tensors that <see cref="Save"/> writes.</summary>
    public static IEnumerable<SafetensorsEntry> Entries(DetectionModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        foreach (var (name, t) in model.NamedTensors())
        {
            yield return ToEntry(model.Backend, name, t);
            if (name.EndsWith("bn.running_var", StringComparison.Ordinal))
                yield return SafetensorsEntry.FromLongs(name.Replace("running_var", "num_batches_tracked", StringComparison.Ordinal), new Shape(), [0]);
        }
        float[] bins = [.. Enumerable.Range(0, DetectHead.RegMax).Select(i => (float)i)];
        yield return SafetensorsEntry.FromFloats($"model.{model.Layers[^1].Index}.dfl.conv.weight", new Shape(1, bins.Length, 1, 1), bins);
    }

    /// <summary>A tensor in the file's layout: OHWI becomes OIHW, everything else stays.</summary>
    public static SafetensorsEntry ToEntry(IBackend backend, string name, Tensor t)
    {
        ArgumentNullException.ThrowIfNull(backend);
        ArgumentNullException.ThrowIfNull(t);
        var values = new float[t.Count];
        backend.Download(t, MemoryMarshal.AsBytes(values.AsSpan()));
        if (t.Shape.Rank != 4) return SafetensorsEntry.FromFloats(name, t.Shape, values);
        var s = t.Shape;
        return SafetensorsEntry.FromFloats(name, new Shape(s[0], s[3], s[1], s[2]), Permute(values, s[0], s[1] * s[2], s[3]));
    }

    /// <summary>Copies a file's array into a tensor: OIHW becomes OHWI.</summary>
    public static void FromEntry(IBackend backend, SafetensorsEntry entry, Tensor t, string path)
    {
        ArgumentNullException.ThrowIfNull(backend);
        ArgumentNullException.ThrowIfNull(entry);
        ArgumentNullException.ThrowIfNull(t);
        var s = t.Shape;
        var wanted = s.Rank == 4 ? new Shape(s[0], s[3], s[1], s[2]) : s;
        if (entry.Shape != wanted)
            throw new InputException($"{path}: {entry.Name} is {entry.Shape} where this model needs {wanted}: the file is of another model or class count");
        float[] values = entry.ToFloats();
        if (s.Rank == 4) values = Permute(values, s[0], s[3], s[1] * s[2]);
        backend.Upload(MemoryMarshal.AsBytes(values.AsSpan()), t);
    }

    private static void Fill(DetectionModel model, SafetensorsFile file)
    {
        ArgumentNullException.ThrowIfNull(model);
        foreach (var (name, t) in model.NamedTensors())
            FromEntry(model.Backend, file.TryGet(name, out var entry) ? entry : throw new InputException($"{file.Path}: {name} is missing: not the weights of a {model.Spec.Name} detector"), t, file.Path);
    }

    /// <summary>Size and class count by shapes alone: the stem's channels, the depth of layer 2, the class logits.</summary>
    private static (char Size, int Classes) Recognize(SafetensorsFile file)
    {
        if (file.TryGet("model.10.linear.weight", out _)) throw new InputException($"{file.Path}: weights of a classifier; this version runs detectors");
        if (file.TryGet("model.23.proto.cv1.conv.weight", out _)) throw new InputException($"{file.Path}: weights of a segmentation model; this version runs detectors");
        if (!file.TryGet("model.0.conv.weight", out var stem) || !file.TryGet("model.23.cv3.0.2.weight", out var logits))
            throw new InputException($"{file.Path}: not the weights of a YOLO11 detector (model.0.conv.weight or model.23.cv3.0.2.weight is missing)");
        char size = stem.Shape[0] switch
        {
            16 => 'n',
            32 => 's',
            64 => file.TryGet("model.2.m.1.cv1.conv.weight", out _) ? 'l' : 'm',
            96 => 'x',
            int c => throw new InputException($"{file.Path}: no YOLO11 size has {c} channels in its first layer (16, 32, 64 or 96)"),
        };
        return (size, logits.Shape[0]);
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
