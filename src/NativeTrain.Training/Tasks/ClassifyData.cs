using NativeTrain.Vision.Data;

namespace NativeTrain.Training;

/// <summary>A data set of pictures to classify: a folder a class.</summary>
internal sealed class ClassifyData(TrainOptions options, ITrainingProgress progress) : TaskData
{
    private readonly ClassifyFolders folders = ClassifyFolders.Load(options.Data);

    public override IReadOnlyList<string> Names => folders.Names;

    public override IImageSet Open(string split) => Datasets.Open(folders, split, progress, options.Cache);

    public override ITrainLoader TrainLoader(IImageSet set, int batch) =>
        new ClassifyTrainLoader((ClassifyDataset)set, batch, options.ImageSize, options.ClassifyAugmentation, options.Workers, options.Seed);

    public override IValLoader ValLoader(IImageSet set, int batch, bool rect) =>
        new ClassifyValLoader((ClassifyDataset)set, batch, options.ImageSize, options.CropFraction, options.Workers);
}
