using NativeTrain.Vision.Data;

namespace NativeTrain.Training;

/// <summary>A data set of boxes, described by a data.yaml.</summary>
internal sealed class DetectionData(TrainOptions options, ITrainingProgress progress) : TaskData
{
    private readonly DataYaml yaml = DataYaml.Load(options.Data);

    public override IReadOnlyList<string> Names => yaml.Names;

    public override IImageSet Open(string split) => Datasets.Open(yaml, split, options.ImageSize, progress, options.Cache);

    public override ITrainLoader TrainLoader(IImageSet set, int batch) =>
        new TrainLoader((DetectionDataset)set, batch, options.ImageSize, options.Augmentation, options.Workers, options.Seed);

    public override IValLoader ValLoader(IImageSet set, int batch, bool rect) =>
        new ValLoader((DetectionDataset)set, batch, options.ImageSize, rect, options.Workers);
}
