using NativeTrain.Core;
using NativeTrain.Vision.Data;

namespace NativeTrain.Training;

/// <summary>A data set of pictures to classify: a folder a class.</summary>
internal sealed class ClassifyData : TaskData
{
    private readonly TrainOptions options;
    private readonly ITrainingProgress progress;
    private readonly ClassifyFolders folders;

    /// <param name="options">The run's options.</param>
    /// <param name="progress">Told what the set holds and what of it is skipped.</param>
    /// <exception cref="InputException">There is no such set.</exception>
    public ClassifyData(TrainOptions options, ITrainingProgress progress)
    {
        this.options = options;
        this.progress = progress;
        folders = ClassifyFolders.Load(options.Data);
    }

    public override IReadOnlyList<string> Names => folders.Names;

    public override IImageSet Open(string split, IBackend? backend = null) =>
        Datasets.Open(folders, split, progress, Cache(options, backend), split == "train" && options.Verb == Verb.Train ? options.Fraction : 1, options.Seed);

    public override ITrainLoader TrainLoader(IImageSet set, int batch, IBackend backend, Shard? shard = null) =>
        new ClassifyTrainLoader((ClassifyDataset)set, batch, options.ImageSize, options.ClassifyAugmentation, options.Workers, options.Seed, backend.AllocateHost, shard) { Timeline = progress.Timeline };

    public override IValLoader ValLoader(IImageSet set, int batch, bool rect, IBackend backend, Shard? shard = null) =>
        new ClassifyValLoader((ClassifyDataset)set, batch, options.ImageSize, options.CropFraction, options.Workers, backend.AllocateHost, shard);
}
