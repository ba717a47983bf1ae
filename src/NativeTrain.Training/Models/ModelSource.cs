using NativeTrain.Core;
using NativeTrain.Nn;
using NativeTrain.Vision.Models;

namespace NativeTrain.Training;

/// <summary>A model that was read from a weights file, with the class names the file gives.</summary>
/// <param name="Model">The model; disposed with this.</param>
/// <param name="Names">Class names from the file's metadata, or null where it has none.</param>
/// <param name="ImageSize">Input size in pixels that it was trained with, from the file's metadata, or null where it has none.</param>
public sealed record LoadedModel(YoloModel Model, IReadOnlyList<string>? Names, int? ImageSize = null) : IDisposable
{
    public void Dispose() => Model.Dispose();

    /// <summary>The options, at the size that the model was trained with unless the user gave imgsz.</summary>
    public TrainOptions AtItsImageSize(TrainOptions options, ITrainingProgress progress)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(progress);
        if (ImageSize is not { } size || options.IsGiven("imgsz")) return options;
        progress.OnMessage($"imgsz={size}: what the weights were trained with");
        return options.With($"imgsz={size}");
    }

    /// <summary>Names for the model's classes: a data set's where one is given, else the file's own, else class0, class1, …</summary>
    /// <param name="data">Class names of the data set, or null.</param>
    /// <param name="path">The data set, for the message.</param>
    /// <exception cref="InputException">The data set has another number of classes.</exception>
    public IReadOnlyList<string> NamesFrom(IReadOnlyList<string>? data, string path)
    {
        if (data is null) return Names ?? [.. Enumerable.Range(0, Model.Classes).Select(i => $"class{i}")];
        if (data.Count != Model.Classes)
            throw new InputException($"{path}: has {data.Count} classes, but the model was trained for {Model.Classes}; give the data set it was trained on");
        return data;
    }
}

/// <summary>Makes the model that model= and pretrained= name.</summary>
public static class ModelSource
{
    /// <summary>Reads a weights file for val and predict.</summary>
    /// <exception cref="InputException">Not a file of YOLO11 detection weights.</exception>
    public static LoadedModel Load(IBackend backend, string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        if (!IsWeights(path))
            throw new InputException($"model={path}: a trained model is needed here, a *.safetensors file such as runs/detect/train/weights/best.safetensors");
        var file = Safetensors.Read(path);
        var names = file.Metadata.TryGetValue("names", out string? text) ? ClassNamesJson.Read(text) : null;
        int? size = file.Metadata.TryGetValue("imgsz", out text) && int.TryParse(text, out int pixels) && pixels is >= 32 and <= 8192 ? pixels : null;
        var model = WeightsFile.Open(backend, file);
        return new LoadedModel(model, names?.Count == model.Classes ? names : null, size);
    }

    /// <summary>
    /// The model to train: built anew from a graph and the seed, and then filled from a weights file where model=
    /// or pretrained= names one. Tensors of other shapes (the class logits of another set of classes) start anew.
    /// </summary>
    /// <exception cref="InputException">No such graph or file, or nothing in the file fits.</exception>
    public static YoloModel ForTraining(IBackend backend, TrainOptions options, int classes, ITrainingProgress progress)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(progress);
        string? weights = options.Pretrained switch
        {
            "true" => IsWeights(options.Model) ? options.Model : null,
            "false" => null,
            string file => file,
        };
        using var old = weights is null ? null : Load(backend, weights);
        using var graph = IsWeights(options.Model) && weights != options.Model ? Load(backend, options.Model) : null;
        var spec = IsWeights(options.Model) ? (graph ?? old)!.Model.Spec : YoloSpec.Resolve(options.Model);
        var model = YoloModel.Create(backend, spec, classes, options.Seed);
        if (old is null) return model;
        int taken = Transfer(old.Model, model), all = model.NamedTensors().Count();
        if (taken == 0)
        {
            model.Dispose();
            throw new InputException($"{weights}: none of its tensors fits {spec.Name}; give weights of the same size");
        }
        progress.OnMessage($"{taken} of {all} tensors taken from {weights}" + (taken < all ? "; the others start anew" : ""));
        return model;
    }

    /// <summary>What the model that model= names is for.</summary>
    /// <exception cref="InputException">No such graph or file.</exception>
    public static YoloTask TaskOf(TrainOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return (IsWeights(options.Model) ? WeightsFile.SpecOf(Safetensors.Read(options.Model)) : YoloSpec.Resolve(options.Model)).Task;
    }

    internal static bool IsWeights(string path) => path.EndsWith(".safetensors", StringComparison.OrdinalIgnoreCase);

    /// <summary>Copies the tensors of equal name and shape; says how many.</summary>
    private static int Transfer(YoloModel from, YoloModel to)
    {
        var source = from.NamedTensors().ToDictionary(t => t.Name, t => t.Tensor);
        int taken = 0;
        foreach (var (name, t) in to.NamedTensors())
        {
            if (!source.TryGetValue(name, out var s) || s.Shape != t.Shape) continue;
            var bytes = new byte[t.Bytes];
            from.Backend.Download(s, bytes);
            to.Backend.Upload(bytes, t);
            taken++;
        }
        return taken;
    }
}
