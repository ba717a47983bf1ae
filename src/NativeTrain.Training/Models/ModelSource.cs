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
    /// <exception cref="InputException">Not a file of YOLO11 weights.</exception>
    public static LoadedModel Load(IBackend backend, string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        if (!IsWeights(path))
            throw new InputException($"model={path}: a trained model is needed here, a *.safetensors or *.pt file such as runs/detect/train/weights/best.safetensors");
        var file = TensorFile.Read(path);
        var names = file.Metadata.TryGetValue("names", out string? text) ? ClassNamesJson.Read(text) : null;
        int? size = file.Metadata.TryGetValue("imgsz", out text) && int.TryParse(text, out int pixels) && pixels is >= 32 and <= 8192 ? pixels : null;
        var model = WeightsFile.Open(backend, file);
        return new LoadedModel(model, names?.Count == model.Classes ? names : null, size);
    }

    /// <summary>
    /// The model to train: built anew from a graph and the seed, and then filled from a weights file where model= or
    /// pretrained= names one (see <see cref="WeightsTransfer"/>).
    /// </summary>
    /// <exception cref="InputException">No such graph or file, or nothing in the file fits.</exception>
    public static YoloModel ForTraining(IBackend backend, TrainOptions options, int classes, ITrainingProgress progress)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(progress);
        var named = IsWeights(options.Model) ? TensorFile.Read(options.Model) : null;
        var file = options.Pretrained switch
        {
            "true" => named,
            "false" => null,
            string path => path == options.Model ? named : TensorFile.Read(path),
        };
        var spec = named is null ? YoloSpec.Resolve(options.Model) : WeightsFile.SpecOf(named);
        if (file is not null) RequireSize(file, spec);
        var model = YoloModel.Create(backend, spec, classes, options.Seed);
        try
        {
            if (file is not null) Fill(model, file, progress);
            return model;
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    private static void Fill(YoloModel model, TensorFile file, ITrainingProgress progress)
    {
        var transfer = WeightsTransfer.Run(file, model);
        if (transfer.Taken == 0) throw new InputException($"{file.Path}: none of its tensors fits {model.Spec.Name}; give weights of the same graph");
        progress.OnMessage(transfer.Describe(file.Path));
    }

    /// <summary>Makes a model ready to train as the options have it: sets a classifier's dropout, freezes layers and tells which.</summary>
    /// <exception cref="InputException">There is no such layer, or nothing would be left to train.</exception>
    public static void Prepare(YoloModel model, TrainOptions options, ITrainingProgress progress)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(progress);
        if (model.Head is ClassifyHead head) head.Dropout = options.Dropout;
        var layers = options.Freeze;
        if (layers.Count == 0) return;
        model.Freeze(layers);
        long frozen = model.Parameters.Where(p => p.Frozen).Sum(p => p.Value.Count);
        progress.OnMessage($"frozen: layers {LayerList.Describe(layers)}, {frozen:N0} of {model.ParameterCount:N0} parameters (freeze)");
    }

    /// <summary>Weights of another size of the built-in graph have hardly a tensor in common, and none that helps.</summary>
    private static void RequireSize(TensorFile file, YoloSpec spec)
    {
        var weights = WeightsFile.SpecOf(file);
        if (weights.Source is not null || spec.Source is not null || weights.Size == spec.Size) return;
        throw new InputException($"{file.Path}: weights of size {weights.Size} ({weights.Name}), but the model is of size {spec.Size} ({spec.Name}); give weights of size {spec.Size}, or model={YoloSpec.BuiltIn(weights.Size, spec.Task).Name}.yaml");
    }

    /// <summary>What the model that model= names is for.</summary>
    /// <exception cref="InputException">No such graph or file.</exception>
    public static YoloTask TaskOf(TrainOptions options) => SpecOf(options).Task;

    /// <summary>The graph of the model that model= names.</summary>
    /// <exception cref="InputException">No such graph or file.</exception>
    public static YoloSpec SpecOf(TrainOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return IsWeights(options.Model) ? WeightsFile.SpecOf(TensorFile.Read(options.Model)) : YoloSpec.Resolve(options.Model);
    }

    /// <summary>Whether model= names weights (by its ending), not a graph.</summary>
    internal static bool IsWeights(string path) => TensorFile.HasKnownEnding(path);
}
