using NativeTrain.Core;
using NativeTrain.Vision.Data;

namespace NativeTrain.Training;

/// <summary>A data set of boxes, and where asked for of masks, described by a data.yaml.</summary>
internal sealed class DetectionData : TaskData
{
    private readonly TrainOptions options;
    private readonly ITrainingProgress progress;
    private readonly bool masks;
    private readonly DataYaml yaml;
    private readonly IReadOnlyList<int>? classes;

    /// <param name="options">The run's options.</param>
    /// <param name="progress">Told what the set holds and what of it is skipped.</param>
    /// <param name="masks">Batches have masks.</param>
    /// <exception cref="InputException">The yaml is missing or malformed, or classes= names a class that it has not.</exception>
    public DetectionData(TrainOptions options, ITrainingProgress progress, bool masks = false)
    {
        this.options = options;
        this.progress = progress;
        this.masks = masks;
        yaml = DataYaml.Load(options.Data, singleClass: options.SingleClass);
        classes = options.ClassesAmong(yaml.LabelNames.Count, options.Data);
        if (options.CopyPaste > 0 && !masks) progress.OnMessage("copy_paste: without masks nothing is pasted; it is for models that segment");
    }

    public override IReadOnlyList<string> Names => yaml.Names;

    public override IImageSet Open(string split, IBackend? backend = null) => Datasets.Open(yaml, split, options.ImageSize, progress, Cache(options, backend), new DetectionSetOptions
    {
        Masks = masks, Classes = classes, Seed = options.Seed,
        Fraction = split == "train" && options.Verb == Verb.Train ? options.Fraction : 1,
    });

    public override ITrainLoader TrainLoader(IImageSet set, int batch, IBackend backend, Shard? shard = null) =>
        new TrainLoader((DetectionDataset)set, batch, options.ImageSize, options.Augmentation, options.Workers, options.Seed, options.Rect, options.MultiScale, backend.AllocateHost, shard) { Timeline = progress.Timeline };

    public override IValLoader ValLoader(IImageSet set, int batch, bool rect, IBackend backend, Shard? shard = null) =>
        new ValLoader((DetectionDataset)set, batch, options.ImageSize, rect, options.Workers, backend.AllocateHost, shard);
}
