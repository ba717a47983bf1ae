using NativeTrain.Core;
using NativeTrain.Core.Ops;
using NativeTrain.Vision.Data;
using NativeTrain.Vision.Models;

namespace NativeTrain.Training;

/// <summary>Finding objects: boxes and classes.</summary>
internal class DetectWork(TrainOptions options) : TaskWork(options)
{
    /// <summary>Figures of boxes (B) or masks (M).</summary>
    protected static IReadOnlyList<MetricName> MetricsOf(string what, string suffix) =>
    [
        new($"metrics/precision({what})", "P" + suffix), new($"metrics/recall({what})", "R" + suffix),
        new($"metrics/mAP50({what})", "mAP50" + suffix), new($"metrics/mAP50-95({what})", "mAP50-95" + suffix),
    ];

    public override YoloTask Task => YoloTask.Detect;
    public override IReadOnlyList<string> LossNames { get; } = ["box", "cls", "dfl"];
    public override IReadOnlyList<MetricName> Metrics { get; } = MetricsOf("B", "");

    public override TaskData OpenData(ITrainingProgress progress) => new DetectionData(Options, progress);

    public override TaskLoss Loss(Tape tape, HeadOutput output, ImageBatch batch)
    {
        var head = (DetectOutput)output;
        var loss = DetectionLoss.Forward(tape, head.Box, head.Cls, head.Strides, ((DetectionBatch)batch).Targets, Options.LossOptions);
        return new TaskLoss(loss.Loss, loss.Items);
    }

    public override Measurement Measure(IReadOnlyList<string> names, string? folder) =>
        new DetectMeasurement(ValidationSettings.From(Options), names, folder is null ? null : new DetectionFiles(Options, folder, names));

    public override void DrawLabels(string folder, IImageSet set, IReadOnlyList<string> names) =>
        TrainingPictures.Labels(folder, (DetectionDataset)set, names);

    public override void DrawBatch(string folder, int number, ImageBatch batch, IReadOnlyList<string> names) =>
        TrainingPictures.Batch(folder, number, (DetectionBatch)batch, names);

    public override IPredictor Predictor(YoloModel model, IReadOnlyList<string> names) => new DetectPredictor(model, Options, names);
}
